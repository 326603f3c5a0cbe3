// The flags of `zanzara sniff`: tshark's, as far as they make sense here, and our own with two dashes. A table; what they do is elsewhere.
// Flags of tshark that are not here are refused by name, never ignored.

export interface SniffFlag {
  /** As typed: `-r`, `--auto`. */
  readonly flag: string
  /** What follows it; null = nothing. */
  readonly value: string | null
  readonly key: SniffKey
}

/** Lists keep every use of the flag; the others keep the last. */
export type SniffKey = keyof typeof KEYS

const KEYS = {
  read: 'text',
  interface: 'text',
  tap: 'text',
  relay: 'text',
  insecure: 'flag',
  captureFilter: 'text',
  snapLength: 'text',
  noPromiscuous: 'flag',
  listInterfaces: 'flag',
  filter: 'text',
  output: 'text',
  fields: 'list',
  fieldsOption: 'list',
  details: 'flag',
  onlyProtocols: 'text',
  hex: 'flag',
  summary: 'flag',
  count: 'text',
  time: 'text',
  seconds: 'text',
  noNames: 'flag',
  nameKinds: 'text',
  decodeAs: 'list',
  preference: 'list',
  write: 'text',
  format: 'text',
  statistics: 'list',
  quiet: 'flag',
  veryQuiet: 'flag',
  perPacket: 'flag',
  autostop: 'list',
  jsonProtocols: 'text',
  jsonProtocolsDeep: 'text',
  report: 'text',
  colour: 'flag',
  noDuplicateKeys: 'flag',
  auto: 'flag',
  payload: 'text',
  keyLog: 'text',
  version: 'flag',
  help: 'flag',
} as const

export function isListKey(key: SniffKey): boolean {
  return KEYS[key] === 'list'
}

export const SNIFF_FLAGS: readonly SniffFlag[] = [
  { flag: '-r', value: 'FILE', key: 'read' },
  { flag: '--read-file', value: 'FILE', key: 'read' },
  { flag: '-i', value: 'INTERFACE', key: 'interface' },
  { flag: '--interface', value: 'INTERFACE', key: 'interface' },
  { flag: '--tap', value: 'PLACE', key: 'tap' },
  { flag: '--proxy', value: 'PORT=HOST:PORT', key: 'relay' },
  { flag: '--insecure', value: null, key: 'insecure' },
  { flag: '-f', value: 'CAPTURE FILTER', key: 'captureFilter' },
  { flag: '-s', value: 'BYTES', key: 'snapLength' },
  { flag: '--snapshot-length', value: 'BYTES', key: 'snapLength' },
  { flag: '-p', value: null, key: 'noPromiscuous' },
  { flag: '--no-promiscuous-mode', value: null, key: 'noPromiscuous' },
  { flag: '-D', value: null, key: 'listInterfaces' },
  { flag: '--list-interfaces', value: null, key: 'listInterfaces' },
  { flag: '-Y', value: 'FILTER', key: 'filter' },
  { flag: '--display-filter', value: 'FILTER', key: 'filter' },
  { flag: '-T', value: 'FORM', key: 'output' },
  { flag: '-e', value: 'FIELD', key: 'fields' },
  { flag: '-E', value: 'OPTION=VALUE', key: 'fieldsOption' },
  { flag: '-V', value: null, key: 'details' },
  { flag: '-O', value: 'PROTOCOLS', key: 'onlyProtocols' },
  { flag: '-x', value: null, key: 'hex' },
  { flag: '-P', value: null, key: 'summary' },
  { flag: '--print', value: null, key: 'summary' },
  { flag: '-c', value: 'COUNT', key: 'count' },
  { flag: '-t', value: 'FORMAT', key: 'time' },
  { flag: '-u', value: 's|hms', key: 'seconds' },
  { flag: '-n', value: null, key: 'noNames' },
  { flag: '-N', value: 'KINDS', key: 'nameKinds' },
  { flag: '-d', value: 'RULE', key: 'decodeAs' },
  { flag: '--decode-as', value: 'RULE', key: 'decodeAs' },
  { flag: '-o', value: 'PREFERENCE:VALUE', key: 'preference' },
  { flag: '-w', value: 'FILE', key: 'write' },
  { flag: '-F', value: 'FORMAT', key: 'format' },
  { flag: '-z', value: 'STATISTICS', key: 'statistics' },
  { flag: '-q', value: null, key: 'quiet' },
  { flag: '-Q', value: null, key: 'veryQuiet' },
  { flag: '-l', value: null, key: 'perPacket' },
  { flag: '-a', value: 'CONDITION', key: 'autostop' },
  { flag: '--autostop', value: 'CONDITION', key: 'autostop' },
  { flag: '-j', value: 'PROTOCOLS', key: 'jsonProtocols' },
  { flag: '-J', value: 'PROTOCOLS', key: 'jsonProtocolsDeep' },
  { flag: '-G', value: 'REPORT', key: 'report' },
  { flag: '--color', value: 'always|auto|never', key: 'colour' },
  { flag: '--no-duplicate-keys', value: null, key: 'noDuplicateKeys' },
  { flag: '--auto', value: null, key: 'auto' },
  { flag: '--payload', value: 'text|hex|json|cbor', key: 'payload' },
  { flag: '--tls-keylog', value: 'FILE', key: 'keyLog' },
  { flag: '-v', value: null, key: 'version' },
  { flag: '--version', value: null, key: 'version' },
  { flag: '-h', value: null, key: 'help' },
  { flag: '--help', value: null, key: 'help' },
]

/** Flags of tshark that we know and do not have: what to do instead. */
export const REFUSED_FLAGS: Readonly<Record<string, string>> = {
  '-2': 'a capture is read once here: answers that need a later frame (such as tcp.reassembled_in) stay empty, as in tshark without -2',
  '-R': 'use -Y, which here is applied while reading',
  '-M': 'memory is constant here, no reset is needed',
  '-X': 'there are no plug-ins here',
  '-K': 'Kerberos is not decrypted here',
  '-H': 'names are not resolved here',
  '-b': 'there are no ring buffers here: write with dumpcap, read with -r',
  '-B': 'set the buffer with dumpcap and read its output: dumpcap -B 8 -w - | zanzara sniff -r -',
  '-I': 'there is no monitor mode here: capture with dumpcap -I and read its output with -r -',
  '-y': "the link type is the interface's own",
  '-L': "the link type is the interface's own",
  '-S': 'packets are separated by line ends only',
  '-U': 'there are no PDU exports here',
  '-W': 'nothing is added to written captures',
  '-g': 'files get the permissions of the umask',
}

export const SNIFF_HELP = `zanzara sniff shows what MQTT, MQTT-SN and CoAP say on a network: tshark's flags, field names and filters.

Usage:
  zanzara sniff -r FILE [OPTION…] [FILTER]        read a capture: pcap or pcapng, gzip'd or not, - = standard input
  zanzara sniff -i INTERFACE [OPTION…]            capture now (with dumpcap or tcpdump); -D lists interfaces
  zanzara sniff --tap PORT|PATH [OPTION…]         read along a zanzara broker of this machine (its tap_listener), in clear
  zanzara sniff --proxy PORT=HOST:PORT [OPTION…]  relay and record: clients connect to PORT; no permission needed
  zanzara sniff ask FILE QUESTION                 questions that filters cannot answer (ask --list)
  zanzara sniff ladder FILE [FILTER]              the exchange as a sequence diagram

Which packets:
  -Y, --display-filter FILTER   Wireshark's filter language: 'mqtt.msgtype == 3 && mqtt.topic contains "temp"'
  -c COUNT                      read so many packets, then stop
  -a, --autostop CONDITION      duration:SECONDS, packets:COUNT or filesize:KILOBYTES
  -d, --decode-as RULE          tcp.port==1884,mqtt   udp.port==1885-1890,mqttsn
  --auto                        beyond Wireshark: find MQTT on any port and inside WebSocket
  --tls-keylog FILE             decrypt TLS with these keys (NSS key log)
  -o PREFERENCE:VALUE           a preference of Wireshark: mqtt.show_msg_as_text:TRUE
  --proxy [SCHEME:]PORT=[SCHEME://]HOST[:PORT]   schemes mqtt, mqtts, ws, wss; --insecure takes any certificate of the target
  -f FILTER, -s BYTES, -p       capture filter of libpcap, bytes per packet, not promiscuous

What is printed:
  (nothing else)                one line per packet: number, time, addresses, protocol, length, what it says
  -V                            everything, as a tree;   -O PROTOCOLS   only these unfolded;   -x   the bytes
  -P                            the line even with -V, -x or -w
  -T text|tabs|fields|json|jsonl|ek|pdml|psml
  -e FIELD                      with -T fields, json, jsonl, ek: this field; repeatable; _ws.col.Info and its like too
  -E OPTION=VALUE               header=y|n separator=/t|/s|C occurrence=f|l|a aggregator=,|/s|C quote=d|s|n bom=y|n
  -t a|ad|adoy|d|dd|e|r|u|ud|udoy   time: absolute, since the packet before, epoch, since the first (r), in UTC
  -u s|hms                      relative times in seconds, or hours and minutes
  -j PROTOCOLS, -J PROTOCOLS    with -T json, ek: only these, -J with all below;   --no-duplicate-keys
  --payload text|hex|json|cbor  below each line, what the PUBLISH packets carry
  --color always|auto|never     colours: also when the output is no terminal, never; NO_COLOR switches them off
  -l                            write out each packet at once
  -n, -N KINDS                  accepted: addresses are never resolved to names

What is kept or counted:
  -w FILE                       write the packets that pass the filter; - = standard output
  -F pcapng|pcap|nsecpcap       in this format
  -z STATISTICS                 mqtt,types  mqtt,topics  mqtt,clients  mqtt,qos  mqtt,rates  io,stat,SECONDS[,FILTER…]  io,phs  conv,tcp  endpoints,tcp  expert
  -q                            with -z: only the statistics
  -G fields|protocols           list what filters can name, then stop

Exit code: 0 well, 1 wrong arguments, 2 no such file, a wrong filter, or a file that is damaged or cut short (what is before the damage is printed).

Examples:
  zanzara sniff -r lab.pcapng
  zanzara sniff -r lab.pcapng -Y 'mqtt.msgtype == 3' -T fields -e frame.time_relative -e mqtt.topic -e mqtt.qos
  zanzara sniff -r lab.pcapng -q -z mqtt,topics
  zanzara sniff -r lab.pcapng -Y 'mqtt.qos == 2' -w qos2.pcapng
  zanzara sniff --proxy 11883=localhost:1883 -w recorded.pcapng -P
  sudo zanzara sniff -i lo -f 'tcp port 1883' --payload text
  ssh router tcpdump -U -w - 'tcp port 1883' | zanzara sniff -r -
`
