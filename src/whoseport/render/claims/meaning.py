"""What does `explain` tell of a claim? Four sentences, and the names of ATT&CK's techniques."""

from __future__ import annotations

from whoseport.record import Record


class Meaning(Record):
    """What was looked at, why it matters, which honest software shows it as well, and what to do next."""

    looked: str
    matters: str
    honest: str
    next: str


TECHNIQUES: dict[str, str] = {
    "T1014": "Rootkit",
    "T1027": "Obfuscated Files or Information",
    "T1027.010": "Command Obfuscation",
    "T1036": "Masquerading",
    "T1036.002": "Right-to-Left Override",
    "T1036.003": "Rename Legitimate Utilities",
    "T1036.004": "Masquerade Task or Service",
    "T1036.005": "Match Legitimate Resource Name or Location",
    "T1036.008": "Masquerade File Type",
    "T1036.009": "Break Process Trees",
    "T1036.011": "Overwrite Process Arguments",
    "T1055": "Process Injection",
    "T1055.001": "Dynamic-link Library Injection",
    "T1055.008": "Ptrace System Calls",
    "T1055.009": "Proc Memory",
    "T1055.012": "Process Hollowing",
    "T1059": "Command and Scripting Interpreter",
    "T1059.004": "Unix Shell",
    "T1059.006": "Python",
    "T1068": "Exploitation for Privilege Escalation",
    "T1070": "Indicator Removal",
    "T1070.004": "File Deletion",
    "T1071": "Application Layer Protocol",
    "T1074": "Data Staged",
    "T1074.001": "Local Data Staging",
    "T1090": "Proxy",
    "T1090.001": "Internal Proxy",
    "T1095": "Non-Application Layer Protocol",
    "T1105": "Ingress Tool Transfer",
    "T1129": "Shared Modules",
    "T1133": "External Remote Services",
    "T1140": "Deobfuscate/Decode Files or Information",
    "T1205": "Traffic Signaling",
    "T1205.002": "Socket Filters",
    "T1222": "File and Directory Permissions Modification",
    "T1222.002": "Linux and Mac File and Directory Permissions Modification",
    "T1505": "Server Software Component",
    "T1505.003": "Web Shell",
    "T1543": "Create or Modify System Process",
    "T1543.002": "Systemd Service",
    "T1548": "Abuse Elevation Control Mechanism",
    "T1548.001": "Setuid and Setgid",
    "T1554": "Compromise Host Software Binary",
    "T1562": "Impair Defenses",
    "T1562.004": "Disable or Modify System Firewall",
    "T1564": "Hide Artifacts",
    "T1564.001": "Hidden Files and Directories",
    "T1571": "Non-Standard Port",
    "T1572": "Protocol Tunneling",
    "T1574": "Hijack Execution Flow",
    "T1574.006": "Dynamic Linker Hijacking",
    "T1574.010": "Services File Permissions Weakness",
    "T1620": "Reflective Code Loading",
}
"""MITRE ATT&CK for Enterprise, by identifier: proper names, the same in every language."""
