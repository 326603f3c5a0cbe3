// The packets that surround IoT traffic in captures of homes and classrooms: IPv4 and IPv6 with options, neighbour discovery, multicast
// listeners, DNS with its relatives, DHCP, discovery of devices, and names for machines. Made by hand from the standards; no analyser is used.

import { type Bytes, four, HERE, hex, icmp6, ip, ip6, ipv4, ipv6, labels, ROUTER, sum, text, two, udp, zeros } from './network-packets.ts'

function icmpv6(from: string, to: string, message: Bytes, before: Bytes = []): number[] {
  const body = icmp6(from, to, message)
  return before.length === 0 ? ipv6(58, from, to, body) : ipv6(0, from, to, [...before, ...body], 1)
}

function checked(message: Bytes): number[] {
  return [...message.slice(0, 2), ...two(sum(message)), ...message.slice(4)]
}

const LOCAL = 'fe80::5eff:fe10:1'
const GATE = 'fe80::1'
const NODES = 'ff02::1'
const ROUTERS = 'ff02::2'
const LISTENERS = 'ff02::16'
const ALERT = [58, 0, 5, 2, 0, 0, 1, 0]

function neighbours(): number[][] {
  const target = 'fe80::aa'
  const solicited = 'ff02::1:ff00:aa'
  return [
    icmpv6(LOCAL, solicited, [135, 0, 0, 0, ...zeros(4), ...ip6(target), 1, 1, ...HERE]),
    icmpv6('::', solicited, [135, 0, 0, 0, ...zeros(4), ...ip6(target), 14, 1, 1, 2, 3, 4, 5, 6]),
    icmpv6(target, LOCAL, [136, 0, 0, 0, 0x60, 0, 0, 0, ...ip6(target), 2, 1, ...ROUTER]),
    icmpv6(target, NODES, [136, 0, 0, 0, 0xa0, 0, 0, 0, ...ip6(target)]),
    icmpv6(LOCAL, ROUTERS, [133, 0, 0, 0, ...zeros(4), 1, 1, ...HERE]),
    icmpv6('::', ROUTERS, [133, 0, 0, 0, ...zeros(4)]),
    icmpv6(GATE, NODES, [
      ...[134, 0, 0, 0, 64, 0xc8, 0x07, 0x08, ...four(30_000), ...four(1000)],
      ...[1, 1, ...ROUTER],
      ...[5, 1, 0, 0, ...four(1500)],
      ...[3, 4, 64, 0xc0, ...four(86_400), ...four(0xffffffff), 0, 0, 0, 0, ...ip6('2001:db8:1::')],
      ...[25, 5, 0, 0, ...four(1200), ...ip6('2001:db8::53'), ...ip6('2001:db8::54')],
      ...[31, 3, 0, 0, ...four(1200), ...labels('home.example'), 0, 0],
      ...[24, 3, 48, 0x08, ...four(3600), ...ip6('2001:db8:2::').slice(0, 16)],
      ...[24, 2, 56, 0x18, ...four(600), ...ip6('2001:db8:3::').slice(0, 8)],
      ...[7, 1, 0, 0, ...four(60_000)],
      ...[26, 1, 0x40, 0, 0, 0, 0, 0],
      ...[38, 2, 0x07, 0x08, ...hex('0064ff9b0000000000000000')],
      ...[200, 1, 1, 2, 3, 4, 5, 6],
    ]),
    icmpv6(GATE, NODES, [134, 0, 0, 0, 0, 0, 0, 0, ...zeros(8)]),
    icmpv6(GATE, LOCAL, [137, 0, 0, 0, ...zeros(4), ...ip6(GATE), ...ip6('2001:db8::9'), 2, 1, ...ROUTER, 4, 2, ...zeros(6), ...four(0x60000000), ...zeros(4)]),
    icmpv6(LOCAL, NODES, [135, 0, 0, 0, ...zeros(4), ...ip6(target), 1, 0, ...HERE]),
  ]
}

function listeners(): number[][] {
  const group = 'ff02::fb'
  const record = (type: number, address: string, sources: readonly string[] = []): number[] => [
    type,
    0,
    ...two(sources.length),
    ...ip6(address),
    ...sources.flatMap(ip6),
  ]
  return [
    icmpv6(GATE, NODES, [130, 0, 0, 0, ...two(10_000), 0, 0, ...ip6('::')], ALERT),
    icmpv6(GATE, NODES, [130, 0, 0, 0, ...two(1000), 0, 0, ...ip6('::'), 2, 125, 0, 0], ALERT),
    icmpv6(GATE, group, [130, 0, 0, 0, ...two(0x8123), 0, 0, ...ip6(group), 0x0a, 0x85, 0, 2, ...ip6('fe80::5'), ...ip6('fe80::6')], ALERT),
    icmpv6(LOCAL, group, [131, 0, 0, 0, 0, 0, 0, 0, ...ip6(group)], ALERT),
    icmpv6(LOCAL, ROUTERS, [132, 0, 0, 0, 0, 0, 0, 0, ...ip6(group)], ALERT),
    icmpv6(LOCAL, LISTENERS, [143, 0, 0, 0, 0, 0, 0, 2, ...record(4, group), ...record(3, 'ff02::1:ff00:aa')], ALERT),
    icmpv6(LOCAL, LISTENERS, [143, 0, 0, 0, 0, 0, 0, 1, ...record(1, 'ff15::7', ['2001:db8::1', '2001:db8::2'])], ALERT),
  ]
}

function errors(): number[][] {
  const quoted = [0x60, 0, 0, 0, ...two(12), 17, 60, ...ip6('2001:db8::1'), ...ip6('2001:db8::2'), ...udp(40_000, 5683, [0x40, 1, 0, 9])]
  const [from, to] = ['2001:db8::2', '2001:db8::1']
  const bad = icmpv6(LOCAL, NODES, [128, 0, 0, 0, 0, 1, 0, 5])
  bad[bad.length - 6]! ^= 1
  return [
    icmpv6(from, to, [1, 4, 0, 0, ...zeros(4), ...quoted]),
    icmpv6(from, to, [1, 1, 0, 0, ...zeros(4), ...quoted]),
    icmpv6(GATE, to, [2, 0, 0, 0, ...four(1280), ...quoted]),
    icmpv6(GATE, to, [3, 0, 0, 0, ...zeros(4), ...quoted]),
    icmpv6(GATE, to, [4, 1, 0, 0, ...four(6), ...quoted]),
    icmpv6(to, from, [128, 0, 0, 0, 0x12, 0x34, 0, 1, ...text('abcdefgh')]),
    icmpv6(from, to, [129, 0, 0, 0, 0x12, 0x34, 0, 1, ...text('abcdefgh')]),
    icmpv6(to, from, [128, 0, 0, 0, 0x12, 0x34, 0, 2]),
    icmpv6(from, to, [129, 0, 0, 0, 0x12, 0x34, 0, 9]),
    bad,
    icmpv6(LOCAL, NODES, [250, 7, 0, 0, 1, 2, 3, 4]),
  ]
}

function extensions(): number[][] {
  const inner = udp(9999, 9998, [])
  const [from, to] = ['2001:db8::a', '2001:db8::b']
  return [
    ipv6(0, from, to, [17, 0, 1, 4, 0, 0, 0, 0, ...inner]),
    ipv6(0, from, to, [17, 0, 0, 0, 0, 0, 0, 0, ...inner]),
    ipv6(0, from, to, [60, 0, 5, 2, 0, 2, 1, 0, 17, 1, 0xc2, 4, 0, 1, 0, 0, 1, 6, ...zeros(6), ...inner]),
    ipv6(0, from, to, [17, 0, 0x27, 4, 1, 2, 3, 4, ...inner]),
    ipv6(60, from, to, [17, 0, 4, 1, 5, 1, 1, 0, ...inner]),
    ipv6(60, from, to, [17, 0, 5, 2, 0, 0, 0, 0, ...inner]),
    ipv6(60, from, to, [17, 0, 0x1e, 2, 1, 2, 1, 0, ...inner]),
    ipv6(0, from, to, [17, 0, 0x63, 4, 0x80, 1, 2, 3, ...inner]),
    ipv6(43, from, to, [17, 2, 0, 0, 0, 0, 0, 0, ...ip6('2001:db8::c'), ...inner]),
    ipv6(43, from, to, [17, 2, 4, 0, 0, 0, 0, 0, ...ip6('2001:db8::c'), ...inner]),
    ipv6(43, from, to, [17, 0, 9, 1, 1, 2, 3, 4, ...inner]),
    ipv6(44, from, to, [17, 0, 0, 0, 0, 0, 0, 7, ...inner]),
    ipv6(59, from, to, [1, 2, 3]),
    ipv6(58, from, to, []),
    ipv6(253, from, to, [1, 2, 3]),
    ipv6(0, from, to, [59, 0, 5, 2, 0, 0, 1, 0]),
    ipv6(0, from, to, [58, 0, 5, 9, 0, 0, 1, 0, 128, 0, 0, 0, 0, 1, 0, 1]),
  ]
}

function options(): number[][] {
  const inner = udp(9999, 9998, [])
  const [from, to] = ['10.0.0.1', '10.0.0.2']
  const withOptions = (...bytes: Bytes): number[] => ipv4(17, from, to, inner, bytes)
  return [
    withOptions(0x94, 4, 0, 0),
    withOptions(7, 11, 8, ...ip('10.0.0.9'), 0, 0, 0, 0, 0),
    withOptions(7, 7, 4, 0, 0, 0, 0, 1, 1, 1, 0),
    withOptions(0x83, 7, 8, ...ip('10.0.0.7'), 1),
    withOptions(0x89, 11, 12, ...ip('10.0.0.7'), ...ip('10.0.0.8'), 0),
    withOptions(0x44, 12, 13, 0, 1, 2, 3, 4, 5, 6, 7, 8),
    withOptions(0x44, 12, 5, 1, ...ip('10.0.0.6'), 0, 1, 0, 0),
    withOptions(0x88, 4, 0x12, 0x34),
    withOptions(0x99, 4, 1, 2),
    withOptions(0x94, 5, 0, 0, 1),
    withOptions(7, 60, 4, 0),
    withOptions(1, 1, 1, 1),
    ipv4(2, from, '224.0.0.251', checked([0x16, 0, 0, 0, ...ip('224.0.0.251')]), [0x94, 4, 0, 0], 1),
    ipv4(2, from, '224.0.0.2', checked([0x17, 0, 0, 0, ...ip('224.0.0.251')]), [0x94, 4, 0, 0], 1),
    ipv4(2, from, '224.0.0.1', checked([0x11, 100, 0, 0, 0, 0, 0, 0]), [0x94, 4, 0, 0], 1),
    ipv4(2, from, '224.0.0.1', checked([0x11, 0, 0, 0, 0, 0, 0, 0]), [], 1),
    ipv4(2, from, '239.1.1.1', checked([0x12, 0, 0, 0, ...ip('239.1.1.1')]), [], 1),
    ipv4(2, from, '224.0.0.1', checked([0x11, 0x8a, 0, 0, ...ip('239.1.1.1'), 0x0a, 0x83, 0, 1, ...ip('10.9.9.9')]), [0x94, 4, 0, 0], 1),
    ipv4(
      2,
      from,
      '224.0.0.22',
      checked([0x22, 0, 0, 0, 0, 0, 0, 2, 4, 0, 0, 0, ...ip('239.1.1.1'), 1, 0, 0, 2, ...ip('239.1.1.2'), ...ip('10.1.1.1'), ...ip('10.1.1.2')]),
      [0x94, 4, 0, 0],
      1,
    ),
    ipv4(2, from, '224.0.0.22', [0x22, 0, 1, 2, 0, 0, 0, 0], [], 1),
  ]
}

interface Record {
  readonly name: string
  readonly type: number
  readonly data: Bytes
  readonly class?: number
  readonly ttl?: number
}

interface Message {
  readonly id?: number
  readonly flags: number
  readonly questions?: readonly (readonly [name: string, type: number, kind?: number])[]
  readonly sections?: readonly [answers: readonly Record[], authorities?: readonly Record[], additional?: readonly Record[]]
}

/** [RFC 1035, section 4] */
export function dns({ id = 0, flags, questions = [], sections = [[]] }: Message): number[] {
  const lists = [sections[0], sections[1] ?? [], sections[2] ?? []]
  const records = lists
    .flat()
    .flatMap(({ name, type, data, class: kind = 1, ttl = 120 }) => [...labels(name), ...two(type), ...two(kind), ...four(ttl), ...two(data.length), ...data])
  const asked = questions.flatMap(([name, type, kind = 1]) => [...labels(name), ...two(type), ...two(kind)])
  return [...two(id), ...two(flags), ...two(questions.length), ...lists.flatMap((list) => two(list.length)), ...asked, ...records]
}

const FLUSH = 0x8001
const HOME = '192.168.1.10'
const SERVER = '192.168.1.1'
const OPT = (data: Bytes, size = 1232, ttl = 0): Record => ({ name: '', type: 41, class: size, ttl, data })
const soa = [...labels('ns.example.org'), ...labels('admin.example.org'), ...four(2024), ...four(7200), ...four(3600), ...four(1_209_600), ...four(300)]

function names(): number[][] {
  let id = 0x100
  const exchange = (question: readonly [string, number], ...sections: [readonly Record[], (readonly Record[])?, (readonly Record[])?]): number[][] => {
    id++
    const flags = sections[0].length === 0 ? 0x8183 : 0x8180
    return [
      ipv4(17, HOME, SERVER, udp(50_000 + id, 53, dns({ id, flags: 0x0100, questions: [question], sections: [[], [], [OPT([])]] }))),
      ipv4(17, SERVER, HOME, udp(53, 50_000 + id, dns({ id, flags, questions: [question], sections }))),
    ]
  }
  const a = (name: string, address: string): Record => ({ name, type: 1, data: ip(address) })
  return [
    ...exchange(
      ['broker.hivemq.com', 1],
      [{ name: '{12}', type: 5, data: labels('lb.hivemq.com') }, a('lb.hivemq.com', '3.65.1.2'), a('lb.hivemq.com', '18.192.3.4')],
    ),
    ...exchange(['test.mosquitto.org', 28], [{ name: '{12}', type: 28, data: ip6('2001:41d0:1::1') }], [], [OPT([0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8])]),
    ...exchange(
      ['coap.me', 65],
      [
        {
          name: '{12}',
          type: 65,
          data: [0, 1, 0, 0, 1, 0, 6, 2, ...text('h2'), 2, ...text('h3'), 0, 3, 0, 2, 1, 0xbb, 0, 4, 0, 4, 9, 9, 9, 9, 0, 6, 0, 16, ...ip6('2001:db8::7')],
        },
      ],
    ),
    ...exchange(['alias.example.org', 65], [{ name: '{12}', type: 65, data: [0, 0, ...labels('svc.example.net')] }]),
    ...exchange(
      ['_mqtt._tcp.example.org', 33],
      [{ name: '{12}', type: 33, data: [0, 1, 0, 5, 0x07, 0x5b, ...labels('mq.example.org')] }],
      [],
      [a('mq.example.org', '192.0.2.9')],
    ),
    ...exchange(['example.org', 16], [{ name: '{12}', type: 16, data: [11, ...text('v=spf1 -all'), 3, ...text('abc')] }]),
    ...exchange(['nowhere.example.org', 1], [], [{ name: 'example.org', type: 6, data: soa }]),
    ...exchange(['10.1.168.192.in-addr.arpa', 12], [{ name: '{12}', type: 12, data: labels('laptop.home') }]),
    ...exchange(['example.org', 15], [{ name: '{12}', type: 15, data: [0, 10, ...labels('mail{12}')] }]),
    ...exchange(['example.org', 2], [{ name: '{12}', type: 2, data: labels('ns{12}') }]),
    ...exchange(['example.org', 257], [{ name: '{12}', type: 257, data: [0, 5, ...text('issue'), ...text('letsencrypt.org')] }]),
    ...exchange(['example.org', 43], [{ name: '{12}', type: 43, data: [...two(1234), 13, 2, ...zeros(32)] }]),
    ...exchange(['example.org', 47], [{ name: '{12}', type: 47, data: [...labels('a.example.org'), 0, 6, 0x40, 1, 0, 0, 0, 3] }]),
    ...exchange(['example.org', 35], [{ name: '{12}', type: 35, data: [0, 1, 0, 2, 1, 85, 3, ...text('E2U'), 0, ...labels('x.org')] }]),
    ...exchange(['example.org', 13], [{ name: '{12}', type: 13, data: [3, ...text('ARM'), 5, ...text('Linux')] }]),
    ...exchange(
      ['example.org', 255],
      [
        { name: '{12}', type: 999, data: [1, 2, 3] },
        { name: 'x.y', type: 1, class: 3, data: [1, 2, 3, 4] },
      ],
    ),
    ...exchange(
      ['example.org', 1],
      [a('{12}', '192.0.2.1')],
      [],
      [OPT([0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2, 0, 12, 0, 4, 0, 0, 0, 0, 0, 15, 0, 2, 0, 3], 4096, 0x00008000)],
    ),
    ipv4(
      17,
      HOME,
      SERVER,
      udp(
        51_000,
        53,
        dns({ id: 7, flags: 0x2800, questions: [['example.org', 6]], sections: [[{ name: 'h.example.org', type: 255, class: 255, ttl: 0, data: [] }]] }),
      ),
    ),
    ipv4(17, HOME, SERVER, udp(51_001, 53, dns({ id: 8, flags: 0x0100, questions: [['', 2]] }))),
    ipv4(17, HOME, SERVER, udp(51_002, 53, [1, 2, 3, 4, 5])),
    ipv4(17, HOME, SERVER, udp(51_003, 53, dns({ id: 9, flags: 0x0100, questions: [['cut.example.org', 1]] }).slice(0, 20))),
  ]
}

function multicastNames(): number[][] {
  const service = '_mqtt._tcp.local'
  const host = 'Pi.local'
  const query = dns({
    flags: 0,
    questions: [
      ['_services._dns-sd._udp.local', 12],
      [service, 12, FLUSH],
    ],
    sections: [[{ name: service, type: 12, ttl: 4500, data: labels('Broker._mqtt._tcp.local') }]],
  })
  const answer = dns({
    flags: 0x8400,
    sections: [
      [{ name: service, type: 12, ttl: 4500, data: labels('My Broker._mqtt._tcp.local') }],
      [],
      [
        { name: 'My Broker._mqtt._tcp.local', type: 33, class: FLUSH, data: [0, 0, 0, 0, 0x07, 0x5b, ...labels(host)] },
        { name: 'My Broker._mqtt._tcp.local', type: 16, class: FLUSH, ttl: 4500, data: [9, ...text('version=5'), 7, ...text('tls=off')] },
        { name: host, type: 1, class: FLUSH, data: ip(HOME) },
        { name: host, type: 28, class: FLUSH, data: ip6(LOCAL) },
        { name: host, type: 47, class: FLUSH, data: [...labels(host), 0, 4, 0x40, 0, 0, 8] },
        OPT([0, 4, 0, 8, 0, 1, ...HERE], 1440, 4500),
      ],
    ],
  })
  const probe = dns({ flags: 0, questions: [[host, 255, FLUSH]], sections: [[], [{ name: host, type: 1, data: ip(HOME) }]] })
  const goodbye = dns({ flags: 0x8400, sections: [[{ name: service, type: 12, ttl: 0, data: labels('Broker._mqtt._tcp.local') }]] })
  const llmnr = dns({ id: 0x77, flags: 0, questions: [['wpad', 1]] })
  return [
    ...[query, answer, probe, goodbye].map((message) => ipv4(17, HOME, '224.0.0.251', udp(5353, 5353, message), [], 255)),
    ...[query, answer].map((message) => ipv6(17, LOCAL, 'ff02::fb', udp(5353, 5353, message))),
    ipv4(17, HOME, '224.0.0.252', udp(52_000, 5355, llmnr), [], 1),
    ipv6(17, LOCAL, 'ff02::1:3', udp(52_000, 5355, llmnr), 1),
    ipv4(
      17,
      SERVER,
      HOME,
      udp(5355, 52_000, dns({ id: 0x77, flags: 0x8000, questions: [['wpad', 1]], sections: [[{ name: 'wpad', type: 1, data: ip(SERVER) }]] })),
    ),
  ]
}

/** [RFC 2131] */
function dhcp(): number[][] {
  const message = (op: number, yours: string, ...list: Bytes): number[] => [
    ...[op, 1, 6, 0, ...four(0xabcd1234), 0, 3, op === 1 ? 0x80 : 0, 0],
    ...[...ip('0.0.0.0'), ...ip(yours), ...ip(op === 2 ? SERVER : '0.0.0.0'), ...ip('0.0.0.0')],
    ...[...HERE, ...zeros(10), ...zeros(64), ...zeros(128), 0x63, 0x82, 0x53, 0x63, ...list, 255],
  ]
  const asked = [55, 7, 1, 3, 6, 12, 15, 28, 42]
  const given = [54, 4, ...ip(SERVER), 51, 4, ...four(86_400), 58, 4, ...four(43_200), 59, 4, ...four(75_600), 1, 4, 255, 255, 255, 0, 28, 4, 192, 168, 1, 255]
  const more = [3, 4, ...ip(SERVER), 6, 8, ...ip(SERVER), 8, 8, 8, 8, 15, 4, ...text('home'), 42, 4, ...ip(SERVER), 26, 2, 5, 0xdc]
  const id = [61, 7, 1, ...HERE]
  const host = [12, 5, ...text('esp32'), 57, 2, 5, 0xdc, 60, 8, ...text('MSFT 5.0')]
  const up = (...list: Bytes): number[] => ipv4(17, '0.0.0.0', '255.255.255.255', udp(68, 67, message(1, '0.0.0.0', ...list)), [], 128)
  const down = (...list: Bytes): number[] => ipv4(17, SERVER, HOME, udp(67, 68, message(2, HOME, ...list)))
  return [
    up(53, 1, 1, ...id, ...host, ...asked),
    down(53, 1, 2, ...given, ...more),
    up(53, 1, 3, ...id, 50, 4, ...ip(HOME), 54, 4, ...ip(SERVER), ...host, 81, 8, 0, 0, 0, ...text('esp32'), ...asked),
    down(53, 1, 5, ...given, ...more, 43, 3, 1, 1, 9),
    down(53, 1, 6, 54, 4, ...ip(SERVER), 56, 4, ...text('busy')),
    up(53, 1, 7, ...id, 54, 4, ...ip(SERVER), 0, 0),
    up(53, 1, 8, ...id, 119, 6, ...labels('home'), 82, 4, 1, 2, 97, 98),
    ipv4(17, HOME, SERVER, udp(68, 67, message(1, '0.0.0.0', 53, 1).slice(0, 243))),
  ]
}

function discovery(): number[][] {
  const lines = (...all: readonly string[]): number[] => text(`${all.join('\r\n')}\r\n\r\n`)
  return [
    ipv4(
      17,
      HOME,
      '239.255.255.250',
      udp(53_000, 1900, lines('M-SEARCH * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'MAN: "ssdp:discover"', 'MX: 1', 'ST: ssdp:all')),
      [],
      4,
    ),
    ipv4(
      17,
      SERVER,
      '239.255.255.250',
      udp(
        1900,
        1900,
        lines('NOTIFY * HTTP/1.1', 'HOST: 239.255.255.250:1900', 'NT: upnp:rootdevice', 'NTS: ssdp:alive', 'LOCATION: http://192.168.1.1:5000/root.xml'),
      ),
      [],
      4,
    ),
    ipv4(
      17,
      SERVER,
      HOME,
      udp(
        1900,
        53_000,
        lines('HTTP/1.1 200 OK', 'CACHE-CONTROL: max-age=1800', 'ST: ssdp:all', 'SERVER: Linux UPnP/1.1', 'LOCATION: http://192.168.1.1:5000/root.xml'),
      ),
      [],
      4,
    ),
  ]
}

export const HOME_NETWORK: readonly (readonly [name: string, frames: () => readonly number[][]])[] = [
  ['neighbours', neighbours],
  ['listeners', listeners],
  ['errors', errors],
  ['extensions', extensions],
  ['options', options],
  ['names', names],
  ['multicast names', multicastNames],
  ['dhcp', dhcp],
  ['discovery', discovery],
]
