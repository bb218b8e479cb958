"""Servers from Debian's packages, each on its usual port and on one that is not its own."""

from __future__ import annotations

from tests.zoo.cases import KNOWN, MOVED, Server

WEB = (
    Server(
        name="nginx",
        usual=80,
        command="nginx -p {folder} -c {folder}/c.conf",
        files={
            "c.conf": "daemon off; pid @folder@/pid; error_log stderr; events {}\n"
            "http { access_log off; client_body_temp_path @folder@/b; proxy_temp_path @folder@/p;\n"
            "fastcgi_temp_path @folder@/f; uwsgi_temp_path @folder@/u; scgi_temp_path @folder@/s;\n"
            "server { listen 127.0.0.1:@port@; root @folder@; } }\n"
        },
    ),
    Server(
        name="apache",
        usual=80,
        command="apache2 -DFOREGROUND -d {folder} -f {folder}/c.conf",
        files={
            "c.conf": "ServerRoot @folder@\nServerName one\nPidFile @folder@/pid\nErrorLog /dev/stderr\n"
            "DefaultRuntimeDir @folder@\n"
            "LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so\n"
            "LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so\n"
            "User www-data\nGroup www-data\nListen 127.0.0.1:@port@\n"
        },
    ),
    Server(
        name="lighttpd",
        usual=80,
        command="lighttpd -D -f {folder}/c.conf",
        files={"c.conf": 'server.document-root="@folder@"\nserver.port=@port@\nserver.bind="127.0.0.1"\n'},
    ),
    Server(
        name="haproxy",
        usual=None,
        kinds=(KNOWN, MOVED),
        command="haproxy -db -f {folder}/c.conf",
        files={
            "c.conf": "defaults\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n"
            "frontend f\n bind 127.0.0.1:@port@\n default_backend b\nbackend b\n"
        },
    ),
    Server(
        name="squid",
        usual=3128,
        command="squid -N -f {folder}/c.conf",
        user="proxy",
        files={
            "c.conf": "http_port 127.0.0.1:@port@\npid_filename @folder@/pid\ncache_log @folder@/log\n"
            "access_log none\ncoredump_dir @folder@\nvisible_hostname one\npinger_enable off\n"
        },
    ),
    Server(
        name="tinyproxy",
        usual=8888,
        command="tinyproxy -d -c {folder}/c.conf",
        files={"c.conf": "Port @port@\nListen 127.0.0.1\nMaxClients 5\n"},
    ),
    Server(
        name="privoxy",
        usual=8118,
        command="privoxy --no-daemon {folder}/c.conf",
        files={"c.conf": "listen-address 127.0.0.1:@port@\nconfdir @folder@\nlogdir @folder@\n"},
    ),
    Server(
        name="icecast",
        usual=8000,
        user="icecast2",
        command="icecast2 -c {folder}/c.xml",
        files={
            "c.xml": "<icecast><hostname>one</hostname><limits><sources>1</sources></limits><authentication>"
            "<source-password>x</source-password></authentication><listen-socket><port>@port@</port>"
            "<bind-address>127.0.0.1</bind-address></listen-socket><paths><logdir>@folder@</logdir>"
            "<webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>"
            "</paths><logging><errorlog>e.log</errorlog></logging></icecast>"
        },
    ),
)

DATA = (
    Server(name="redis", usual=6379, command="redis-server --port {port} --bind 127.0.0.1 --save ''", called="redis"),
    Server(name="memcached", usual=11211, command="memcached -u nobody -l 127.0.0.1 -p {port} -U 0"),
    Server(
        name="mariadb",
        usual=3306,
        command="mariadbd --no-defaults --skip-grant-tables --user=root --datadir={folder} --port={port}"
        " --bind-address=127.0.0.1 --socket={folder}/s --pid-file={folder}/pid --innodb-use-native-aio=0",
    ),
    Server(
        name="postgresql",
        usual=5432,
        user="postgres",
        first=("sh -c '/usr/lib/postgresql/*/bin/initdb -A trust -N -D {folder}/d'",),
        command="postgres -D {folder}/d -p {port} -h 127.0.0.1 -k {folder}"
        " -c dynamic_shared_memory_type=mmap",  # which leaves nothing behind, however it ends
        called="postgres",
    ),
    Server(
        name="pgbouncer",
        usual=6432,
        user="postgres",
        command="pgbouncer {folder}/c.ini",
        files={
            "c.ini": "[databases]\n[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port=@port@\nauth_type=any\n"
            "unix_socket_dir=\nlogfile=@folder@/log\n"
        },
    ),
    Server(
        name="etcd",
        usual=2379,
        command="etcd --data-dir {folder}/d --listen-client-urls http://127.0.0.1:{port}"
        " --advertise-client-urls http://127.0.0.1:{port} --listen-peer-urls http://127.0.0.1:{other}",
    ),
    Server(name="nats", usual=4222, command="nats-server -a 127.0.0.1 -p {port}"),
    Server(name="beanstalkd", usual=11300, command="beanstalkd -l 127.0.0.1 -p {port}"),
    Server(
        name="mosquitto",
        usual=1883,
        command="mosquitto -c {folder}/c.conf",
        files={"c.conf": "listener @port@ 127.0.0.1\nallow_anonymous true\n"},
    ),
    Server(
        name="slapd",
        usual=389,
        command="slapd -d 0 -h ldap://127.0.0.1:{port} -f {folder}/c.conf",
        files={"c.conf": "pidfile @folder@/pid\n"},
        called="ldap",
    ),
    Server(
        name="rsync",
        usual=873,
        command="rsync --daemon --no-detach --address=127.0.0.1 --port={port} --config={folder}/c.conf",
        files={"c.conf": "pid file = @folder@/pid\nlog file = @folder@/log\n"},
    ),
    Server(name="git", usual=9418, command="git daemon --listen=127.0.0.1 --port={port} --base-path={folder}"),
    Server(
        name="nbd-server",
        usual=10809,
        command="nbd-server -d -C {folder}/c.conf",
        files={
            "c.conf": "[generic]\n\tlistenaddr = 127.0.0.1\n\tport = @port@\n[one]\n\texportname = @folder@/c.conf\n"
        },
        called="nbd",
    ),
    Server(
        name="distcc",
        usual=3632,
        command="distccd --no-detach --daemon --log-stderr --listen 127.0.0.1 --port {port} --allow 127.0.0.1",
        called="distcc",
    ),
)

MAIL_AND_TALK = (
    Server(
        name="exim",
        usual=25,
        first=("chown Debian-exim {folder}",),
        command="exim4 -bdf -oX {port} -C {folder}/c.conf -oP {folder}/pid",
        files={
            "c.conf": "local_interfaces = 127.0.0.1\nlog_file_path = @folder@/%slog\n"
            "spool_directory = @folder@\nkeep_environment =\n"
        },
    ),
    Server(
        name="dovecot",
        usual=143,
        command="dovecot -F -c {folder}/c.conf",
        files={
            "c.conf": "base_dir = @folder@/run\nlog_path = /dev/stderr\nprotocols = imap\nssl = no\n"
            "listen = 127.0.0.1\nservice imap-login {\n inet_listener imap {\n port = @port@\n }\n"
            " inet_listener imaps {\n port = 0\n }\n}\n"
        },
    ),
    Server(
        name="ngircd",
        usual=6667,
        command="ngircd -n -f {folder}/c.conf",
        files={
            "c.conf": "[Global]\nName = one.example\nInfo = one\nPorts = @port@\nListen = 127.0.0.1\n"
            "ServerGID = nogroup\nServerUID = nobody\n"
        },
    ),
    Server(
        name="prosody",
        usual=5222,
        user="prosody",
        command="prosody -F --config {folder}/c.lua",
        files={
            "c.lua": 'data_path = "@folder@"; pidfile = "@folder@/pid"; interfaces = { "127.0.0.1" }\n'
            "c2s_ports = { @port@ }; modules_disabled = { 's2s' }; log = { error = '*console' }\n"
            'VirtualHost "one.example"\n'
        },
    ),
    Server(
        name="mpd",
        called="music player",
        usual=6600,
        command="mpd --no-daemon {folder}/c.conf",
        files={
            "c.conf": 'bind_to_address "127.0.0.1"\nport "@port@"\nmusic_directory "@folder@"\n'
            'audio_output {\n type "null"\n name "n"\n}\n'
        },
    ),
)

SYSTEM = (
    Server(
        name="openssh",
        usual=22,
        first=("ssh-keygen -q -t ed25519 -N '' -f {folder}/k",),
        command="/usr/sbin/sshd -D -e -f /dev/null -o ListenAddress=127.0.0.1 -o PidFile=none -h {folder}/k -p {port}",
        called="ssh",
        folders=("/run/sshd",),
    ),
    Server(
        name="dropbear",
        usual=22,
        first=("dropbearkey -t ed25519 -f {folder}/k",),
        command="dropbear -F -E -p 127.0.0.1:{port} -r {folder}/k -P {folder}/pid",
    ),
    Server(
        name="vsftpd",
        usual=21,
        command="vsftpd {folder}/c.conf",
        files={
            "c.conf": "listen=YES\nlisten_address=127.0.0.1\nlisten_port=@port@\nbackground=NO\n"
            "secure_chroot_dir=@folder@\n"
        },
    ),
    Server(
        name="bind",
        usual=53,
        command="named -g -c {folder}/c.conf",
        files={
            "c.conf": 'options { directory "@folder@"; pid-file none; listen-on port @port@ { 127.0.0.1; };\n'
            "listen-on-v6 { none; }; recursion no; session-keyfile none; };\ncontrols { };\n"
        },
    ),
    Server(
        name="unbound",
        usual=53,
        command="unbound -d -c {folder}/c.conf",
        files={
            "c.conf": "server:\n chroot: ''\n username: ''\n directory: '@folder@'\n pidfile: ''\n"
            " use-syslog: no\n interface: 127.0.0.1@@port@\nremote-control:\n control-enable: no\n"
        },
    ),
    Server(
        name="dnsmasq",
        usual=53,
        transport="udp",
        command="dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file= --no-resolv --no-hosts"
        " --listen-address=127.0.0.1 --bind-interfaces --port={port}",
    ),
    Server(
        name="snmpd",
        usual=161,
        transport="udp",
        command="snmpd -f -Lo -C -c {folder}/c.conf udp:127.0.0.1:{port}",
        files={"c.conf": "rocommunity x 127.0.0.1\n"},
        called="snmp",
    ),
    Server(
        name="tftpd",
        package="tftpd-hpa",
        usual=69,
        transport="udp",
        command="in.tftpd --foreground --address :{port} --secure {folder}",
        called="tftp",
    ),
    Server(
        name="cups",
        usual=631,
        command="cupsd -f -c {folder}/c.conf -s {folder}/files.conf",
        files={
            "c.conf": "Listen 127.0.0.1:@port@\nBrowsing Off\n",
            "t/x": "",
            "files.conf": "ErrorLog stderr\nAccessLog stderr\nPageLog stderr\nServerRoot @folder@\nStateDir @folder@\n"
            "CacheDir @folder@\nRequestRoot @folder@/r\nTempDir @folder@/t\n",
        },
    ),
    Server(
        name="stunnel",
        usual=None,
        first=(
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout {folder}/k -out {folder}/k2 -subj /CN=one -days 2",
            "sh -c 'cat {folder}/k2 >> {folder}/k'",
        ),
        command="stunnel4 {folder}/c.conf",
        files={
            "c.conf": "foreground = yes\npid =\n[one]\naccept = 127.0.0.1:@port@\nconnect = 127.0.0.1:@other@\n"
            "cert = @folder@/k\n"
        },
    ),
    Server(
        name="node-exporter",
        usual=9100,
        command="prometheus-node-exporter --web.listen-address=127.0.0.1:{port}",
        called="node",
    ),
    Server(
        name="tor",
        usual=9050,
        command="tor -f {folder}/c --DataDirectory {folder}/d --SocksPort 127.0.0.1:{port} --Log 'notice stderr'",
        files={"c": ""},
    ),
    Server(
        name="minidlna",
        usual=8200,
        command="minidlnad -d -f {folder}/c.conf -P {folder}/pid -p {port}",
        files={"c.conf": "media_dir=@folder@\ndb_dir=@folder@/db\nlog_dir=@folder@\nnetwork_interface=lo\n"},
    ),
    Server(
        name="transmission",
        usual=9091,
        command="transmission-daemon -f -g {folder}/g -p {port} -r 127.0.0.1 -P {other} --no-portmap --no-dht"
        " -w {folder}",
    ),
    Server(
        name="syncthing",
        usual=8384,
        command="syncthing serve --no-browser --no-restart --no-default-folder --home={folder}"
        " --gui-address=127.0.0.1:{port}",
    ),
    Server(name="gpsd", usual=2947, command="gpsd -N -S {port} -F {folder}/s"),
    Server(name="epmd", called="erlang", usual=4369, command="epmd -address 127.0.0.1 -port {port}"),
)

SERVERS: tuple[Server, ...] = (*WEB, *DATA, *MAIL_AND_TALK, *SYSTEM)
