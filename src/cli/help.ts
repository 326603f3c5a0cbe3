// The help of the program as a whole. Each command has its own behind --help.
// Text only.

export const HELP = `zanzara is MQTT whole: broker and clients for MQTT 3.1, 3.1.1 and 5.0 in one program.

Usage:
  zanzara [OPTION…]                start a broker for this machine, with WebSockets, and say how to try it
  zanzara [OPTION…] -- COMMAND…    start it, run COMMAND, end with COMMAND's exit code
  zanzara COMMAND [OPTION…]

Commands:
  broker    the broker with mosquitto's flags and configuration file
  pub       publish messages, as mosquitto_pub
  sub       subscribe and print messages, as mosquitto_sub
  rr        publish a request and print the response, as mosquitto_rr
  ctrl      change users and rights of a running broker, as mosquitto_ctrl
  passwd    keep password files, as mosquitto_passwd
  acl       say which line of an ACL file lets a client publish or receive a topic
  sniff     show and count MQTT, MQTT-SN and CoAP in captures, as tshark
  match     say whether a Topic Filter matches Topic Names
  config    check a configuration file, or explain what each option says and where it comes from
  fsck      check and repair the folder in which a broker stores sessions and messages
  backup    copy what a broker has stored, also of one that is running
  db        show what is stored: our journal, or a database of mosquitto
  bench     measure a broker: connections, publishers, subscribers, pairs, fan-out and fan-in
  certs     certificates for trying TLS, and a look into any certificate
  doctor    find out why nobody can connect, and say which line mends it
  signal    ask a running broker to reload, to stop or to print its subscriptions, as mosquitto_signal
  install-shims
            write programs named mosquitto, mosquitto_pub, … that start this one
  service   print a service file for systemd, launchd or OpenRC
  completion
            print a script with which bash, zsh or fish completes commands and flags
  help      this text; \`zanzara help COMMAND\` for a command's own

Options of the bare start:
  -p, --port N       port for MQTT, 1883 unless given; 0 = any free one
  --http-port N      port for WebSockets, 8080 unless given; 0 = any free one
  --lan              listen on all addresses, with a user and password made up and printed once
  --origin ORIGIN    let web pages of this origin connect, such as https://lab.example; * = any; repeatable
                     (pages of this machine's own servers always may)
  --tls dev          also MQTT over TLS on port 8883, with certificates made at the first use
  --tls-port N       port for it; 0 = any free one
  -v, --verbose      log every packet
  --json             print the addresses as one line of JSON
  -h, --help         this text
  --version          print the version

A command after -- finds the broker in ZANZARA_URL and MQTT_URL, and in MQTT_HOST and MQTT_PORT; HTTP is then
on only with --http-port. The program ends when it ends, with its exit code; signals are passed on to it.
With --tls dev it also finds ZANZARA_TLS_URL and ZANZARA_CA_FILE.

Examples:
  zanzara
  zanzara sub -t "hello/#" -v
  zanzara pub -t hello/world -m "Ciao!"
  zanzara sniff -r lab.pcapng -Y "mqtt.msgtype == 3"
  zanzara match "deib/+/temperature" deib/eg1/temperature
  zanzara --port 0 -- pytest
  zanzara --lan
  zanzara --tls dev
`
