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
  match     say whether a Topic Filter matches Topic Names
  bench     measure a broker: connections, publishers, subscribers, pairs, fan-out and fan-in
  help      this text; \`zanzara help COMMAND\` for a command's own

Options of the bare start:
  -p, --port N       port for MQTT, 1883 unless given; 0 = any free one
  --http-port N      port for WebSockets, 8080 unless given; 0 = any free one
  --lan              listen on all addresses, with a user and password made up and printed once
  --origin ORIGIN    let web pages of this origin connect, such as https://lab.example; * = any; repeatable
                     (pages of this machine's own servers always may)
  -v, --verbose      log every packet
  --json             print the addresses as one line of JSON
  -h, --help         this text
  --version          print the version

A command after -- finds the broker in ZANZARA_URL and MQTT_URL; HTTP is then on only with --http-port.

Examples:
  zanzara
  zanzara sub -t "hello/#" -v
  zanzara pub -t hello/world -m "Ciao!"
  zanzara match "deib/+/temperature" deib/eg1/temperature
  zanzara --port 0 -- pytest
  zanzara --lan
`
