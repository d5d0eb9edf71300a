"""Logs of programs as their headings are in public files, with rows made up: what of each row is understood."""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from lomsong.errors import ColumnError
from lomsong.ingest import SurveyLimits, read_survey
from lomsong.tables import NEIGHBOURS, SAMPLES

NONE = float("nan")


@dataclass(frozen=True)
class Case:
    """A log and what must come of it.

    ``samples``: row, level, time of day UTC, operator, generation, band, cell; ``rejects``: row and check;
    ``neighbours``: sample's row, level, PCI.
    """

    text: str
    samples: list[tuple]
    rejects: list[tuple] = field(default_factory=list)
    neighbours: list[tuple] = field(default_factory=list)
    flags: set = field(default_factory=set)
    technology: str = "4G"
    operator: str | None = None
    crs: str = ""


TOWER_COLLECTOR = (
    "mcc,mnc,lac,cell_id,psc,asu,dbm,ta,lat,lon,accuracy,speed,bearing,altitude,measured_at,net_type,neighboring,device,rsrp,"
    "rsrq,rssi,rssnr,cqi,rscp,csi_rsrp,csi_rsrq,csi_sinr,ss_rsrp,ss_rsrq,ss_sinr,cdma_dbm,cdma_ecio,evdo_dbm,evdo_ecio,"
    "evdo_snr,ec_no,arfcn\n"
    '452,4,7000,11379203,88,43,-97,2,11.2,107.05,4.2,1.5,10,60,"2021-10-01T08:00:05.000Z",LTE,false,"X",-97,-11,-70,4'
    ",,,,,,,,,,,,,,,1300\n"
    ',,,,90,36,-104,,11.2,107.05,4.2,1.5,10,60,"2021-10-01T08:00:05.000Z",LTE,true,"X",-104,-15,,,,,,,,,,,,,,,,,1300\n'
    '452,4,7000,11379203,88,41,-99,2,11.2,107.05,4.2,1.5,10,60,"2021-10-01T08:00:09.000Z",LTE,false,"X"'
    ",,,,,,,,,,,,,,,,,,,1300\n"
    '452,4,7000,123456789012,400,60,-80,,11.2,107.05,4.2,1.5,10,60,"2021-10-01T08:00:12.000Z",NR,false,"X"'
    ",,,,,,,-82,-10,5,-80,-11,12,,,,,,,632628\n"
    '452,4,7000,4321,400,60,-80,,11.2,107.05,4.2,1.5,10,60,"2021-10-01T08:00:15.000Z",UMTS,false,"X"'
    ",,,,,,-80,,,,,,,,,,,,,10637\n"
)
XCAL = (
    "TIME_STAMP,Lat,Lon,Event Technology,5G KPI PCell RF Serving PCI,5G KPI PCell RF Serving SS-RSRP [dBm],"
    "5G KPI PCell RF Serving SS-SINR [dB],LTE KPI PCell Serving PCI,LTE KPI PCell Serving Band,"
    "LTE KPI PCell Serving EARFCN(DL),LTE KPI PCell Serving RSRP[dBm],LTE KPI PCell Serving RSRQ[dB],"
    "LTE KPI PCell SINR[dB],LTE KPI SCell[1] Serving RSRP[dBm],"
    "Random Access Procedure PCell Random Access Response(MSG2) Timing Advance\n"
    "2022-06-01 12:00:00.100000,11.2,107.05,LTE,,,,163,Band 3,1300,-83.4,-7.9,30,-70.1,\n"
    "2022-06-01 12:00:00.300000,11.2,107.05,5G-NR_NSA,400,-75.5,12.2,163,Band 3,1300,-84.4,-8.9,29,-71.1,\n"
    "2022-06-01 12:00:00.400000,11.2,107.05,5G-NR_SA,400,-76.5,12.2,,,,,,,,\n"
    "2022-06-01 12:00:00.500000,11.2,107.05,,,,,,,,,,,,3\n"
)
PROBE = (
    "Date & Time,Longitude,Latitude,Event Name,PCC Serving Cell PCI,PCC Serving Cell RSRP(dBm),PCC Serving Cell EARFCN,"
    "PCC Serving Cell SINR(dB),SCC1 Serving Cell RSRP(dBm),Detected Cell PCI,Detected Cell RSRP(dBm),"
    "Detected Cell EARFCN,NR Serving PCI,NR Serving SSB NR-ARFCN,NR Serving SS-RSRP(dBm),NR Serving SS-SINR(dB)\n"
    "2024-09-20 22:21:31.609,107.05,11.2,,356,-90.5,1300,12.9,-80,357,-99.5,1300,400,504990,-77.5,20.5\n"
    "2024-09-20 22:21:32.609,107.05,11.2,,,,,,,,,,400,504990,-78.5,20.5\n"
)
ANDROID = (
    "timestamp,latitude,longitude,RAT,isServingCell,MCC,MNC,OperatorName,CellIdentity,TAC,PCI,ARFCN,DBM,ASU,Level,LTE_RSRP,"
    "LTE_RSRQ,LTE_RSSI,LTE_SINR,LTE_CQI,TA,NR_SSB_RSRP,NR_SSB_RSRQ,NR_SSB_SINR,NR_CSI_RSRP,NR_CSI_RSRQ,NR_CSI_SINR\n"
    "2021-10-01 08:00:05,11.2,107.05,LTE,true,452,04,Viettel,11379203,7000,88,1300,-97,43,3,-97,-11,-70,2147483647,,2"
    ",,,,,,\n"
    "2021-10-01 08:00:05,11.2,107.05,LTE,false,2147483647,2147483647,,268435455,2147483647,90,2147483647,-104,36,2,-104"
    ",-15,-80,2147483647,2147483647,2147483647,,,,,,\n"
    "2021-10-01 08:00:06,11.2,107.05,LTE,true,452,04,Viettel,11379203,7000,88,1300,2147483647,99,0,2147483647"
    ",2147483647,2147483647,2147483647,,,,,,,,\n"
    "2021-10-01 08:00:07,11.2,107.05,NR,true,452,04,Viettel,9223372036854775807,7000,400,632628,-80,60,4,,,,,,,-80,-11"
    ",12,-82,-11,10\n"
)
ECA = (
    "#,time,latitude,longitude,Technology,rsrp,rsrq,sinr,pci,TxPower,nr_rsrp,nr_rsrq,nr_sinr,wcdma_rscp,wcdma_ecno,gsm_rxlev\n"
    "1,2024-01-15T10:30:45,11.2,107.05,LTE,-95,-10,15,123,10,,,,,,\n"
    "2,2024-01-15T10:30:50,11.2,107.05,EN-DC,-96,-10,15,123,10,-80,-11,20,,,\n"
    "3,2024-01-15T10:30:55,11.2,107.05,NR,,,,,10,-81,-11,21,,,\n"
    "4,2024-01-15T10:30:58,11.2,107.05,WCDMA,,,,,10,,,,-70,-5,\n"
    "5,2024-01-15T10:30:59,11.2,107.05,N/A,-97,-10,15,123,10,,,,,,\n"
    "6,2024-01-15T10:31:00,11.2,107.05,N/A,,,,,10,,,,-70,-5,\n"
)
UCC_5G = (
    "Timestamp,Longitude,Latitude,Speed,Operatorname,CellID,NetworkMode,RSRP,RSRQ,SNR,CQI,RSSI,DL_bitrate,UL_bitrate,State,"
    "PINGAVG,PINGMIN,PINGMAX,PINGSTDEV,PINGLOSS,CELLHEX,NODEHEX,LACHEX,RAWCELLID,NRxRSRP,NRxRSRQ\n"
    "2019.11.28_07.00.01,107.05,11.2,36,B,11,5G,-100,-10,8.0,9,-,5000,0,D,-,-,-,-,-,C,A,B,1,-100,-1\n"
    "2019.11.28_07.00.02,107.05,11.2,36,B,11,LTE,-101,-10,8.0,9,-,5000,0,D,-,-,-,-,-,C,A,B,1,-105,-12\n"
    "2019.11.28_07.00.03,107.05,11.2,36,B,11,HSPA+,-80,-,-,-,-,5000,0,D,-,-,-,-,-,C,A,B,1,-,-\n"
)

CASES = {
    "g-nettrack, csv of a 5G data set": Case(
        UCC_5G, [(3, -101.0, "07:00:02", "b", "4G", NONE, "11")],
        [(2, "other_technology"), (4, "other_technology")], [(3, -105.0, NONE)],
    ),
    "g-nettrack pro, neighbours and second cell": Case(
        "Timestamp,Longitude,Latitude,Speed,Operatorname,Node,CellID,LAC,NetworkTech,Level,Qual,SNR,CQI,LTERSSI,ARFCN,PSC,"
        "Altitude,Accuracy,State,SERVINGTIME,BANDWIDTH,SecondCell_NODE,SecondCell_CELLID,SecondCell_PSC,SecondCell_RSRP,"
        "SecondCell_SNR,NTech1,NCellid1,NLAC1,NCell1,NARFCN1,NRxLev1,NQual1,Node_Longitude,Node_Latitude,ElapsedTime\n"
        "2025.02.01_10.00.00,107.05,11.2,36,Viettel,2100,11,7000,4G,-97,-11,4.0,9,-70,1300,5,88,4,D,12,20,2100,12,6,-88,10,"
        "4G,,7000,90,1300,-101,-14,107.1,11.3,0.5\n",
        [(2, -97.0, "10:00:00", "viettel", "4G", 1800.0, "2100-11")], [], [(2, -101.0, 90.0)],
    ),
    "g-nettrack, bars": Case(
        "Timestamp|Longitude|Latitude|Speed|Operatorname|Operator|CGI|Node|CellID|LAC|NetworkTech|NetworkMode|Level|Qual|SNR|"
        "LTERSSI|PSC|NLAC1|NCellid1|NRxLev1|NLAC2|NCellid2|NRxLev2|State\n"
        "2021.10.01_08.00.00|107.05|11.2|36|-|45204|452042111|2100|11|7000|4G|LTE|-97|-11|4.0|-70|5|7000|12|-103|7000|13|-|D\n",
        [(2, -97.0, "08:00:00", "viettel", "4G", NONE, "2100-11")], [], [(2, -103.0, NONE)],
    ),
    "tower collector, export": Case(
        TOWER_COLLECTOR,
        [(2, -97.0, "08:00:05", "viettel", "4G", 1800.0, "11379203"),
         (4, -99.0, "08:00:09", "viettel", "4G", 1800.0, "11379203")],
        [(3, "neighbour_cell"), (5, "other_technology"), (6, "other_technology")], [(2, -104.0, 90.0)],
    ),
    "tower collector, export, 5G": Case(
        TOWER_COLLECTOR, [(5, -80.0, "08:00:12", "viettel", "5G", 3489.42, "123456789012")],
        [(2, "other_technology"), (3, "neighbour_cell"), (4, "other_technology"), (6, "other_technology")],
        technology="5G",
    ),
    "tower collector, first export": Case(
        "mcc,mnc,lac,cell_id,psc,asu,dbm,ta,lat,lon,accuracy,speed,bearing,altitude,measured_at,net_type,neighboring,device\n"
        '452,2,7000,11379203,88,43,-97,2,11.2,107.05,4.2,1.5,10,60,"2021-10-01T08:00:05.000Z",LTE,false,"X"\n',
        [(2, -97.0, "08:00:05", "vinaphone", "4G", NONE, "11379203")],
    ),
    "tems, clocks without a date": Case(
        "Time\tMS\tMessage Type\tAll-Latitude Decimal Degree (Text)\tAll-Longitude Decimal Degree (Text)\t"
        "Serving Cell RSRP (dBm)\tServing Cell RSRQ (dB)\tServing Cell RS SINR (dB)\tEARFCN DL\t"
        "Neighbor Cell RSRP (dBm)[1]\tNeighbor Cell PCI[1]\tNeighbor Cell RSRP (dBm)[2]\tNeighbor Cell PCI[2]\t"
        "MCC\tMNC\n"
        "08:10:05.12\tMS1\t\t11.2\t107.05\t-97.1\t-11.2\t4.1\t1300\t-101.5\t90\t-105.5\t91\t452\t04\n"
        "08:10:06.12\tMS1\tHandover\t11.2\t107.05\t\t\t\t\t\t\t\t\t452\t04\n",
        [(2, -97.1, None, "viettel", "4G", 1800.0, None)], [(3, "level_sentinel")],
        [(2, -101.5, 90.0), (2, -105.5, 91.0)], {"time_missing"},
    ),
    "xcal": Case(
        XCAL,
        [(2, -83.4, "12:00:00", "x", "4G", 1800.0, None), (3, -84.4, "12:00:00", "x", "4G", 1800.0, None)],
        [(4, "other_technology"), (5, "level_sentinel")], operator="x",
    ),
    "xcal, 5G": Case(
        XCAL, [(3, -75.5, "12:00:00", "x", "5G", NONE, None), (4, -76.5, "12:00:00", "x", "5G", NONE, None)],
        [(2, "other_technology"), (5, "level_sentinel")], technology="5G", operator="x",
    ),
    "huawei probe": Case(
        PROBE, [(2, -90.5, "22:21:31", "x", "4G", 1800.0, None)], [(3, "other_technology")], [(2, -99.5, 357.0)],
        operator="x",
    ),
    "huawei probe, 5G": Case(
        PROBE, [(2, -77.5, "22:21:31", "x", "5G", 2524.95, None), (3, -78.5, "22:21:32", "x", "5G", 2524.95, None)],
        technology="5G", operator="x",
    ),
    "nemo analyze, two antennas": Case(
        "Time,Longitude,Latitude,RSRP (serving),RSRQ (serving),SINR (serving),RSRP/Antenna port - 1,"
        "RSRP/Antenna port - 2,PCI,Channel,Band,Velocity (km/h),System\n"
        "2021-10-01 08:00:05.100,107.05,11.2,-97.5,-11.5,4.5,-98.5,-103.5,88,1300,LTE 1800,36,LTE\n",
        [(2, -97.5, "08:00:05", "x", "4G", 1800.0, None)], operator="x",
    ),
    "nemo, scanner": Case(
        "Time;Longitude;Latitude;Ch;PCI;1. best RSRP;1. best RSRQ;1. best CINR;2. best RSRP;NR-ARFCN;1. best SS-RSRP\n"
        "01.10.2021 08:00:05,1;107,05;11,2;1300;88;-97,5;-11,5;4,5;-103,5;;\n",
        [(2, -97.5, "08:00:05", "x", "4G", 1800.0, None)], [], [(2, -103.5, NONE)], operator="x",
    ),
    "analyser with names in underscores": Case(
        "Time,Latitude,Longitude,LTE_UE_RSRP,LTE_UE_RSRQ,LTE_UE_SINR,LTE_UE_PCI,LTE_UE_PathLoss_DL,NR_UE_PCI_0,NR_UE_RSRP_0,"
        "NR_UE_RSRQ_0,NR_UE_SINR_0,NR_UE_Nbr_PCI_0,NR_UE_Nbr_RSRP_0,NR_UE_Nbr_RSRP_1\n"
        "2021-10-01 08:00:05,11.2,107.05,-97.5,-11.5,4.5,88,110,400,-80.5,-10.5,14.5,401,-85.5,-88.5\n",
        [(2, -80.5, "08:00:05", "x", "5G", NONE, None)], [], [(2, -85.5, 401.0), (2, -88.5, NONE)], technology="5G",
        operator="x",
    ),
    "azenqos": Case(
        "time,positioning_lat,positioning_lon,lte_physical_cell_id_1,lte_earfcn_1,lte_inst_rsrp_1,lte_inst_rsrp_rx0_1,"
        "lte_inst_rsrq_1,lte_sinr_1,lte_neigh_physical_cell_id_1,lte_neigh_rsrp_1,nr_servingbeam_ss_rsrp_1,wcdma_aset_rscp_1\n"
        "2021-10-01 08:00:05.100,11.2,107.05,88,1300,-97.5,-98,-11.5,4.5,90,-101.5,-80,\n",
        [(2, -97.5, "08:00:05", "x", "4G", 1800.0, None)], [], [(2, -101.5, 90.0)], operator="x",
    ),
    "android, all cells": Case(
        ANDROID, [(2, -97.0, "08:00:05", "viettel", "4G", 1800.0, "11379203")],
        [(3, "neighbour_cell"), (4, "level_sentinel"), (5, "other_technology")], [(2, -104.0, 90.0)],
    ),
    "android, all cells, 5G": Case(
        ANDROID, [(5, -80.0, "08:00:07", "viettel", "5G", 3489.42, None)],
        [(2, "other_technology"), (3, "neighbour_cell"), (4, "other_technology")], technology="5G",
    ),
    "network survey, nr": Case(
        "deviceSerialNumber,deviceName,deviceTime,latitude,longitude,altitude,missionId,recordNumber,accuracy,locationAge,speed,"
        "groupNumber,mcc,mnc,tac,nci,narfcn,pci,ssRsrp,ssRsrq,ssSinr,csiRsrp,csiRsrq,csiSinr,ta,servingCell,provider\n"
        "x,phone,2021-10-01T08:00:05.000+07:00,11.2,107.05,60,m,1,4.2,0,3,1,452,4,7000,123456789012,632628,400,-80,-11,12,-82,"
        "-11,10,,true,Viettel\n",
        [(2, -80.0, "01:00:05", "viettel", "5G", 3489.42, "123456789012")], technology="5G",
    ),
    "phone, one cell": Case(
        "timestamp,lat,lon,accuracy,wifi_rssi,cell_type,cell_dbm,cell_rsrp,cell_rsrq,cell_rssi,cell_ci,cell_pci,cell_band\n"
        "2021-10-01T08:00:05+07:00,11.2,107.05,4.1,-55,lte,-97,-97,-11,-70,11379203,88,3\n",
        [(2, -97.0, "01:00:05", "x", "4G", 1800.0, "11379203")], operator="x",
    ),
    "drive test app, epoch": Case(
        "timestamp,latitude,longitude,accuracy,altitude,speed_ms,bearing,simLabel,operatorName,rat,rsrp,rsrq,sinr,pci,ci,tac,"
        "earfcn,ta,cqi,bandwidth_khz\n"
        "1633075205123,11.2,107.05,4.2,60,10.0,90,SIM1,VN VINAPHONE,LTE,-97,-11,4,88,11379203.0,7000,1300,2,9,20000\n",
        [(2, -97.0, "08:00:05", "vinaphone", "4G", 1800.0, "11379203")],
    ),
    "recorder with rates beside the level": Case(
        "Timestamp,DeviceID,deviceMake,deviceModel,Network provi. , NetworkType,RSRP,RSRQ,SINR,PCI,Downlink(Mbps),"
        "Uplink(Mbps),Velocity(km/h),Latitude,Longitude\n"
        "2021-10-01 08:00:05,abc,S,A52,Mobifone,4G+,-97,-11,4,88,10,5,36,11.2,107.05\n",
        [(2, -97.0, "08:00:05", "mobifone", "4G", NONE, None)],
    ),
    "all radios side by side": Case(
        ECA,
        [(2, -95.0, "10:30:45", "x", "4G", NONE, None), (3, -96.0, "10:30:50", "x", "4G", NONE, None),
         (6, -97.0, "10:30:59", "x", "4G", NONE, None)],
        [(4, "other_technology"), (5, "other_technology"), (7, "other_technology")], operator="x",
    ),
    "all radios side by side, 5G": Case(
        ECA, [(3, -80.0, "10:30:50", "x", "5G", NONE, None), (4, -81.0, "10:30:55", "x", "5G", NONE, None)],
        [(2, "other_technology"), (5, "other_technology"), (6, "other_technology"), (7, "other_technology")],
        technology="5G", operator="x",
    ),
    "router": Case(
        "Time,Latitude,Longitude,Carrier,Cell ID,Service Display,Band,SCELL0,SCELL1,RSSI,SINR,RSRP,RSRQ,State,"
        "Download,Upload\n"
        "2021-10-01 08:00:05,11.2,107.05,Viettel,11379203,LTE,Band 3,,,-70,4.1,-97,-11,connected,10,5\n",
        [(2, -97.0, "08:00:05", "viettel", "4G", 1800.0, "11379203")],
    ),
    "epoch with a fraction": Case(
        "timestamp;latitude;longitude;velocity;rsrp;rsrq;sinr;ss_rsrp;ss_rsrq;ss_sinr;mcc;mnc;ci\n"
        "1633075205.25;11.2;107.05;10.5;-97;-11;4;-80;-10;12;452;4;11379203\n",
        [(2, -97.0, "08:00:05", "viettel", "4G", NONE, "11379203")],
    ),
    "vietnamese sheet": Case(
        "STT;Ngày đo;Giờ đo;Kinh độ;Vĩ độ;Nhà mạng;Công nghệ;RSRP (dBm);RSRQ (dB);SINR (dB);Tốc độ (km/h)\n"
        "1;01/10/2021;08:10:05;107,05;11,2;Viettel Telecom;4G LTE;-97,5;-11;4,5;36\n",
        [(2, -97.5, "08:10:05", "viettel", "4G", NONE, None)],
    ),
    "numbers of android for technologies": Case(
        "Date,Time,Latitude,Longitude,Operator,Network Type,Signal Strength (dBm),Signal Strength (ASU)\n"
        "10/13/2021,3:00:05 PM,11.2,107.05,45204,13,-97,43\n10/13/2021,3:00:07 PM,11.2,107.05,45204,3,-90,11\n"
        "10/13/2021,3:00:09 PM,11.2,107.05,45204,20,-80,60\n",
        [(2, -97.0, "15:00:05", "viettel", "4G", NONE, None)], [(3, "other_technology"), (4, "other_technology")],
    ),
    "a network that is a technology": Case(
        "time,lat,lng,network,rsrp\n2021-10-01 08:00:05,11.2,107.05,LTE,-97\n"
        "2021-10-01 08:00:06,11.2,107.05,HSPA,-87\n",
        [(2, -97.0, "08:00:05", "x", "4G", NONE, None)], [(3, "other_technology")], operator="x",
    ),
    "a type that is no technology": Case(
        "time,lat,lng,type,plmn,rsrp\n2021-10-01 08:00:05,11.2,107.05,periodic,452 4,-97\n",
        [(2, -97.0, "08:00:05", "viettel", "4G", NONE, None)],
    ),
    "one antenna each": Case(
        "Time,Latitude,Longitude,PLMN,RSRP Rx0 (dBm),RSRP Rx1 (dBm)\n"
        "2021-10-01 08:00:05,11.2,107.05,452-04,-99.5,-97.5\n2021-10-01 08:00:06,11.2,107.05,452-04,-96.5,\n",
        [(2, -97.5, "08:00:05", "viettel", "4G", NONE, None), (3, -96.5, "08:00:06", "viettel", "4G", NONE, None)],
    ),
    "stand-ins for no measurement": Case(
        "time,lat,lon,operator,technology,rsrp,rsrq\n"
        + "".join(f"2021-10-01 08:00:{i:02d},11.2,107.05,Viettel,LTE,{word},-9\n" for i, word in enumerate(
            ["2147483647", "-2147483648", "99", "255", "-999", "-1", "N/A", "null", "NaN", "UNAVAILABLE", "", "0",
             "-97"])),
        [(14, -97.0, "08:00:12", "viettel", "4G", NONE, None)], [(row, "level_sentinel") for row in range(2, 14)],
    ),
    "bins": Case(
        "bin_lat,bin_lon,operator,technology,count,mean_rsrp_dbm,std_rsrp_db,min_rsrp_dbm,max_rsrp_dbm\n"
        "11.2,107.05,Viettel,LTE,14,-97.3,4.2,-105,-90\n11.21,107.05,Viettel,LTE,0,,,,\n",
        [(2, -97.3, None, "viettel", "4G", NONE, None)], [(3, "level_sentinel")], flags={"time_missing"},
    ),
    "bins in metres": Case(
        "bin_id,bin_easting,bin_northing,n_samples,std_power_db,median_power_dbm\n1,723781.0,1238762.0,20,3,-97.3\n",
        [(2, -97.3, None, "x", "4G", NONE, None)], flags={"time_missing", "technology_assumed", "projected"},
        operator="x", crs="EPSG:32648",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_a_row_means(tmp_path, name):
    case = CASES[name]
    path = tmp_path / "log.csv"
    path.write_text(case.text, encoding="utf-8")
    survey = read_survey(path, case.operator, limits=SurveyLimits(technology=case.technology, crs=case.crs))
    samples = survey.samples
    SAMPLES.check(samples, name)
    assert survey.rejects[["source_row", "check"]].to_numpy().tolist() == [list(row) for row in case.rejects]
    assert samples["source_row"].tolist() == [row[0] for row in case.samples]
    assert samples["rsrp_dbm"].tolist() == [row[1] for row in case.samples]
    times = [None if pd.isna(moment) else moment.strftime("%H:%M:%S") for moment in samples["time"]]
    assert times == [row[2] for row in case.samples]
    assert samples["operator"].tolist() == [row[3] for row in case.samples]
    assert samples["technology"].tolist() == [row[4] for row in case.samples]
    assert np.allclose(samples["band_mhz"], [row[5] for row in case.samples], equal_nan=True)
    assert [None if pd.isna(cell) else cell for cell in samples["cell_id"]] == [row[6] for row in case.samples]
    assert samples.geometry.x.round(2).tolist() == [107.05] * len(samples)
    assert samples.geometry.y.round(2).tolist() == [11.2] * len(samples)
    near = survey.neighbours
    if len(near):
        NEIGHBOURS.check(near, name)
    assert near["sample_id"].tolist() == [f"log:{row[0]}" for row in case.neighbours]
    assert near["level_dbm"].tolist() == [row[1] for row in case.neighbours]
    assert np.array_equal(near["pci"].astype(float), [row[2] for row in case.neighbours], equal_nan=True)
    assert set(survey.flags["check"]) - {"technology_mix"} == case.flags


def test_qualities_of_lte_and_nr_are_told_apart(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(ECA)
    lte, nr = (read_survey(path, "x", limits=SurveyLimits(technology=name)).samples for name in ("4G", "5G"))
    assert lte[["rsrq_db", "sinr_db"]].to_numpy().tolist() == [[-10, 15]] * 3
    assert nr[["rsrq_db", "sinr_db"]].to_numpy().tolist() == [[-11, 20], [-11, 21]]
    path.write_text(XCAL)
    lte, nr = (read_survey(path, "x", limits=SurveyLimits(technology=name)).samples for name in ("4G", "5G"))
    assert lte["sinr_db"].tolist() == [30, 29]
    assert nr["sinr_db"].tolist() == [12.2, 12.2]
    assert nr["rsrq_db"].isna().all()


@pytest.mark.parametrize("heading", [
    "csiRsrp", "NR CSI-RSRP", "NRSRP", "RSRP ASU", "Delta RSRP", "max_rsrp", "SCell1 Serving RSRP (dBm)", "target RSRP",
    "predicted_rsrp", "RSRP (mW)", "NR RSRP",
])  # fmt: skip
def test_what_only_looks_like_rsrp(tmp_path, heading):
    path = tmp_path / "log.csv"
    path.write_text(f"lat,lon,operator,rscp,{heading}\n11.2,107.05,Viettel,,-80\n")
    with pytest.raises(ColumnError, match=r"RSRP|rsrp"):
        read_survey(path)


@pytest.mark.parametrize("word, mps", [
    ("speed_kmh", 10.0), ("Speed (km/h)", 10.0), ("Velocity [m/s]", 36.0), ("speed mph", 36 * 0.44704), ("speed", 36.0),
])  # fmt: skip
def test_stated_units_of_speed(tmp_path, word, mps):
    path = tmp_path / "log.csv"
    path.write_text(f"lat,lon,operator,rsrp,{word}\n11.2,107.05,Viettel,-97,36\n11.2,107.06,Viettel,-98,-2000\n")
    speeds = read_survey(path).samples["speed_mps"]
    assert speeds.iloc[0] == pytest.approx(mps)
    assert np.isnan(speeds.iloc[1])


@pytest.mark.parametrize("factor, converted", [(3.6, True), (1.0, False)])
def test_the_track_tells_a_unit_of_speed_that_nothing_states(tmp_path, factor, converted):
    speed_mps = 30.0
    step = speed_mps / 111_195.0
    rows = [f"2021-10-01 08:{i // 60:02d}:{i % 60:02d},{11.2 + i * step:.7f},107.05,Viettel,-97,{speed_mps * factor}"
            for i in range(120)]  # fmt: skip
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["time,lat,lon,operator,rsrp,speed", *rows]))
    survey = read_survey(path)
    assert len(survey.samples) == 120
    assert np.allclose(survey.samples["speed_mps"], speed_mps)
    assert ("speed_converted" in set(survey.flags["check"])) == converted


@pytest.mark.parametrize(
    "written",
    [
        "01-Oct-2021 08:10:05", "Oct 1, 2021 8:10:05 AM", "20211001_081005", "20211001081005", "08:10:05 01/10/2021",
        "2021-10-01 08:10:05 UTC", "Fri Oct 01 15:10:05 GMT+07:00 2021", "44470.340335648", "1633075805.0",
        "1633075805000", "1633075805000000", "2021-10-01T15:10:05+0700", "1/10/2021 8:10:05",
        "08:10:05 ngày 01/10/2021", "ngày 1 tháng 10 năm 2021 08:10:05", "8 giờ 10 phút 5 giây ngày 1/10/2021",
        "Fri Oct 01 15:10:05 ICT 2021", "Fri Oct 01 2021 15:10:05 GMT+0700 (Indochina Time)", "8h10m05s 1/10/2021",
        "Fri, 01 Oct 2021 08:10:05 GMT", "2021 Oct  1  08:10:05.000", "2021-Oct-01 08:10:05",
    ],
)  # fmt: skip
def test_one_moment_in_many_hands(tmp_path, written):
    path = tmp_path / "log.txt"
    path.write_text(f"time\tlat\tlon\toperator\trsrp\n{written}\t11.2\t107.05\tViettel\t-97\n", encoding="utf-8")
    survey = read_survey(path)
    assert survey.samples["time"].dt.round("s").tolist() == [pd.Timestamp("2021-10-01 08:10:05", tz="UTC")]


def test_a_log_of_day_numbers_that_passes_noon_keeps_its_times(tmp_path):
    """At noon, at six and at midnight a day number has next to no decimals."""
    path = tmp_path / "log.csv"
    days = ["44470.49998842592", "44470.49999421296", "44470.5", "44470.50000578704"]
    rows = [f"{day},11.2,107.05,Viettel,-9{at}" for at, day in enumerate(days)]
    path.write_text("\n".join(["time,lat,lon,operator,rsrp", *rows]))
    times = read_survey(path).samples["time"].dt.round("ms")
    assert times.diff().dropna().dt.total_seconds().round(1).tolist() == [0.5, 0.5, 0.5]
    assert times[2] == pd.Timestamp("2021-10-01 12:00:00", tz="UTC")


def test_a_clock_beside_a_date_is_never_a_date(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("Date,Time,lat,lon,operator,rsrp\n2021-10-01,08:10:05,11.2,107.05,Viettel,-97\n")
    limits = SurveyLimits(utc_offset_h=7)
    assert read_survey(path, limits=limits).samples["time"].tolist() == [pd.Timestamp("2021-10-01 01:10:05", tz="UTC")]
    path.write_text("UTC time,lat,lon,operator,rsrp\n2021-10-01 08:10:05,11.2,107.05,Viettel,-97\n")
    assert read_survey(path, limits=limits).samples["time"].tolist() == [pd.Timestamp("2021-10-01 08:10:05", tz="UTC")]


@pytest.mark.parametrize(
    ("written", "mhz"),
    [
        ("B3", 1800.0), ("E-UTRA 3", 1800.0), ("EUTRA Band 3", 1800.0), ("Band 3 (1800)", 1800.0), ("1842.5", 1842.5),
        ("1842500", 1842.5), ("1842500000", 1842.5), ("L8", 900.0), ("GSM 900", NONE), ("EGSM900", NONE), ("7e9", NONE),
    ],
)  # fmt: skip
def test_a_band_as_it_is_written(tmp_path, written, mhz):
    path = tmp_path / "log.csv"
    path.write_text(f"lat,lon,operator,rsrp,band\n11.2,107.05,Viettel,-97,{written}\n")
    assert read_survey(path).samples["band_mhz"].tolist() == pytest.approx([mhz], nan_ok=True)


@pytest.mark.parametrize(
    ("heading", "hour"),
    [
        ("UTC time", 8), ("Time (UTC)", 8), ("Time (UTC+7)", 1), ("Time GMT+07:00", 1), ("timestamp_utc", 8),
        ("Thời gian (giờ Việt Nam)", 1), ("Thời gian (GMT +7)", 1), ("Time (UTC-5)", 13), ("Time", 11),
    ],
)  # fmt: skip
def test_a_heading_tells_how_far_its_clock_is_ahead(tmp_path, heading, hour):
    path = tmp_path / "log.csv"
    path.write_text(f"{heading},lat,lon,operator,rsrp\n2021-10-01 08:10:05,11.2,107.05,Viettel,-97\n")
    samples = read_survey(path, limits=SurveyLimits(utc_offset_h=-3)).samples
    assert samples["time"].tolist() == [pd.Timestamp(f"2021-10-01 {hour:02d}:10:05", tz="UTC")]


def test_a_date_and_a_clock_that_are_no_time_are_told(tmp_path):
    path = tmp_path / "log.csv"
    rows = [
        f"{when},11.2,107.05,Viettel,-9{at}" for at, when in enumerate(("2021-10-01,8h1m0s", "2021-10-01,noon", ","))
    ]
    path.write_text("\n".join(["Date,Hour,lat,lon,operator,rsrp", *rows]))
    survey = read_survey(path)
    assert survey.samples["time"].tolist()[0] == pd.Timestamp("2021-10-01 08:01:00", tz="UTC")
    assert survey.samples["source_row"].tolist() == [2, 4]
    told = survey.rejects.iloc[0]
    assert (told["check"], told["source_row"], told["value"]) == ("time_unreadable", 3, "2021-10-01 noon")
    assert told["column"] == "Date"


@pytest.mark.parametrize(
    "level", ["Mức thu (dBm)", "Mức tín hiệu", "Cường độ tín hiệu (dBm)", "Cường độ sóng", "Mức sóng"]
)
def test_vietnamese_headings(tmp_path, level):
    path = tmp_path / "log.csv"
    head = f"STT;Thời gian đo;Kinh độ;Vĩ độ;Tên nhà mạng;Công nghệ mạng;{level};Chất lượng RSRQ (dB)"
    path.write_text(f"{head}\n1;01/10/2021 08:10:05;107,05;11,2;VinaPhone;4G;-97,5;-11,5\n", encoding="utf-8")
    sample = read_survey(path).samples.iloc[0]
    assert (sample["operator"], sample["technology"], sample["rsrp_dbm"], sample["rsrq_db"]) == (
        "vinaphone", "4G", -97.5, -11.5,
    )  # fmt: skip
    assert sample["time"] == pd.Timestamp("2021-10-01 08:10:05", tz="UTC")


def test_a_workbook_with_a_date_and_a_clock(tmp_path):
    path = tmp_path / "log.xlsx"
    frame = pd.DataFrame({
        "Ngày": [pd.Timestamp("2021-10-01")], "Giờ": [pd.Timestamp("2021-10-01 08:10:05").time()], "Kinh độ": [107.05],
        "Vĩ độ": [11.2], "Nhà mạng": ["Viettel"], "RSRP": [-97],
    })  # fmt: skip
    frame.to_excel(path, index=False)
    samples = read_survey(path).samples
    assert samples["time"].tolist() == [pd.Timestamp("2021-10-01 08:10:05", tz="UTC")]


def test_a_map_of_a_log_with_units_behind_its_numbers(tmp_path):
    table = {
        "CGI": ["452040000700000"], "CELLID": ["11"], "RNC": ["2100"], "TECHNOLOGY": ["4G"], "MODE": ["LTE"],
        "ARFCN": ["1300"], "RSRP": ["-72 dBm"], "RSRQ": ["-10"], "SNR": ["22.0"], "SPEED": ["36 km/h"],
        "ACCURACY": ["7m"], "TIME": ["2026.05.21_16.26.40"],
    }  # fmt: skip
    frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy([107.05], [11.2]), crs=4326)
    frame.to_file(tmp_path / "log.kml", driver="LIBKML")
    sample = read_survey(tmp_path / "log.kml").samples.iloc[0]
    assert (sample["rsrp_dbm"], sample["speed_mps"], sample["accuracy_m"]) == (-72.0, 10.0, 7.0)
    assert (sample["operator"], sample["technology"], sample["cell_id"]) == ("viettel", "4G", "2100-11")
    assert sample["time"] == pd.Timestamp("2026-05-21 16:26:40", tz="UTC")
