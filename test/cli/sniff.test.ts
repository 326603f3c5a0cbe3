// `zanzara sniff` as a command: what it prints, writes and counts, its exit codes, and how it ends.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { runSniff } from '../../src/cli/sniff.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const CAPTURES = fileURLToPath(new URL('../golden/captures/', import.meta.url))
const TOUR = `${CAPTURES}m311-tour.pcap`
const LIVE = `${CAPTURES}live-mosq.pcapng`
const ESCAPE = String.fromCharCode(27)

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sniff-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

async function sniff(...argv: string[]): Promise<{ code: number; out: string; err: string; lines: string[] }> {
  const io = new FakeTerminal()
  const code = await runSniff(argv, io, false)
  const out = io.stdout.text
  return { code, out, err: io.stderr.text, lines: out.split('\n').slice(0, -1) }
}

test('one line per packet in tshark’s widths', async () => {
  const { code, lines } = await sniff('-r', LIVE, '-c', '9')
  expect(lines[0]).toBe(
    '    1   0.000000    127.0.0.1 → 127.0.0.1    TCP 74 43574 → 1883 [SYN] Seq=0 Win=65495 Len=0 MSS=65495 SACK_PERM TSval=1457504128 TSecr=0 WS=1024',
  )
  expect(lines[6]).toBe('    7   0.012844    127.0.0.1 → 127.0.0.1    MQTT 91 Connect Command')
  expect(lines.length).toBe(9)
  expect(code).toBe(0)
  expect((await sniff('-r', LIVE, '-c', '1', '-T', 'tabs')).out).toContain('    1\t  0.000000\t   127.0.0.1\t→\t127.0.0.1   \tTCP\t74\t')
})

test('-c counts packets read, -Y shows some of them', async () => {
  expect((await sniff('-r', LIVE, '-c', '9', '-Y', 'mqtt', '-T', 'fields', '-e', 'frame.number')).lines).toEqual(['7', '9'])
})

test.each([
  ['e', '1795333205.900027'],
  ['u', '07:40:05.900027'],
  ['ud', '2026-11-22 07:40:05.900027'],
  ['udoy', '2026/326 07:40:05.900027'],
  ['d', '  0.000038'],
  ['dd', '  0.000000'],
])('-t %s', async (format, time) => {
  expect((await sniff('-r', LIVE, '-c', '7', '-Y', 'mqtt', '-t', format)).out).toContain(`    7 ${time}    127.0.0.1`)
})

test('-V shows bits, names and numbers; -O unfolds one protocol', async () => {
  const { lines } = await sniff('-r', LIVE, '-c', '7', '-Y', 'mqtt', '-O', 'mqtt')
  expect(lines).toEqual([
    'Frame 7: 91 bytes on wire (728 bits), 91 bytes captured (728 bits) on interface unknown, id 0',
    'Ethernet II, Src: 00:00:00_00:00:00 (00:00:00:00:00:00), Dst: 00:00:00_00:00:00 (00:00:00:00:00:00)',
    'Internet Protocol Version 4, Src: 127.0.0.1, Dst: 127.0.0.1',
    'Transmission Control Protocol, Src Port: 43580, Dst Port: 1883, Seq: 1, Ack: 1, Len: 25',
    'MQ Telemetry Transport Protocol, Connect Command',
    '    Header Flags: 0x10, Message Type: Connect Command',
    '        0001 .... = Message Type: Connect Command (1)',
    '        .... 0000 = Reserved: 0',
    '    Msg Len: 23',
    '    Protocol Name Length: 4',
    '    Protocol Name: MQTT',
    '    Version: MQTT v3.1.1 (4)',
    '    Connect Flags: 0x02, QoS Level: At most once delivery (Fire and Forget), Clean Session Flag',
    '        0... .... = User Name Flag: Not set',
    '        .0.. .... = Password Flag: Not set',
    '        ..0. .... = Will Retain: Not set',
    '        ...0 0... = QoS Level: At most once delivery (Fire and Forget) (0)',
    '        .... .0.. = Will Flag: Not set',
    '        .... ..1. = Clean Session Flag: Set',
    '        .... ...0 = (Reserved): Not set',
    '    Keep Alive: 5',
    '    Client ID Length: 11',
    '    Client ID: sub_deibdev',
    '',
  ])
})

test('-x shows bytes and characters', async () => {
  const { lines } = await sniff('-r', LIVE, '-c', '7', '-Y', 'mqtt', '-x')
  expect(lines[4]).toBe('0040  9a 53 10 17 00 04 4d 51 54 54 04 02 00 05 00 0b   .S....MQTT......')
  expect(lines[5]).toBe('0050  73 75 62 5f 64 65 69 62 64 65 76                  sub_deibdev')
})

test('-T json and jsonl hold the tree, with -e the named fields', async () => {
  const [packet] = JSON.parse((await sniff('-r', LIVE, '-c', '7', '-Y', 'mqtt', '-T', 'json')).out) as [
    { _source: { layers: Record<string, Record<string, unknown>> } },
  ]
  expect(packet._source.layers['mqtt']).toMatchObject({ 'mqtt.hdrflags': '0x10', 'mqtt.hdrflags_tree': { 'mqtt.msgtype': '1', 'mqtt.hdr_reserved': '0' } })
  const { lines } = await sniff('-r', LIVE, '-c', '9', '-Y', 'mqtt', '-T', 'jsonl', '-e', 'tcp.port', '-e', 'mqtt.topic', '-e', '_ws.col.Info')
  expect(lines.map((line) => (JSON.parse(line) as { _source: unknown })._source)).toEqual([
    { layers: { 'tcp.port': ['43580', '1883'], '_ws.col.Info': ['Connect Command'] } },
    { layers: { 'tcp.port': ['1883', '43580'], '_ws.col.Info': ['Connect Ack'] } },
  ])
  const none = await sniff('-r', LIVE, '-Y', 'mqtt.qos == 3', '-T', 'json')
  expect(JSON.parse(none.out)).toEqual([])
})

test('-T ek is two JSON lines per packet; repeated keys become lists', async () => {
  const { lines } = await sniff('-r', LIVE, '-c', '7', '-Y', 'mqtt', '-T', 'ek')
  expect(lines.length).toBe(2)
  expect(JSON.parse(lines[0]!)).toMatchObject({ index: { _type: 'doc' } })
  const packet = JSON.parse(lines[1]!) as { timestamp: string; layers: Record<string, Record<string, unknown>> }
  expect(packet.timestamp).toBe('1795333205900')
  expect(packet.layers['tcp']!['tcp_tcp_port']).toEqual(['43580', '1883'])
  expect(packet.layers['mqtt']).toMatchObject({ mqtt_mqtt_conflag_cleansess: true, mqtt_mqtt_clientid: 'sub_deibdev' })
})

test('pdml and psml are well-formed to the eye', async () => {
  const pdml = (await sniff('-r', LIVE, '-c', '7', '-Y', 'mqtt', '-T', 'pdml')).out
  expect(pdml).toContain('<field name="mqtt.clientid" showname="Client ID: sub_deibdev" size="11" pos="80" show="sub_deibdev" value="7375625f64656962646576"/>')
  expect(pdml.match(/<proto /g)!.length).toBe(pdml.match(/<\/proto>/g)!.length)
  expect((await sniff('-r', LIVE, '-c', '7', '-Y', 'mqtt', '-T', 'psml')).out).toContain('<section>Connect Command</section>')
})

test('--payload shows what is published', async () => {
  const shown = await sniff('-r', LIVE, '-Y', 'mqtt.topic == "$SYS/broker/uptime"', '--payload', 'text', '-c', '60')
  expect(shown.lines[2]).toBe('          $SYS/broker/uptime: 0 seconds')
  const hex = await sniff('-r', LIVE, '-Y', 'mqtt.topic == "$SYS/broker/uptime"', '--payload', 'hex', '-c', '60')
  expect(hex.lines[2]).toBe('          $SYS/broker/uptime: 30207365636f6e6473')
})

test('-w writes what passes the filter; it reads back the same, and nothing is printed', async () => {
  for (const format of ['pcapng', 'pcap']) {
    const path = join(folder, `some.${format}`)
    const written = await sniff('-r', TOUR, '-Y', 'mqtt.qos == 2', '-w', path, '-F', format)
    expect(written).toMatchObject({ code: 0, out: '', err: '' })
    const columns = ['-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.len', '-e', 'ip.id', '-e', 'mqtt.topic', '-e', 'mqtt.qos']
    const [back, first] = [await sniff('-r', path, ...columns), await sniff('-r', TOUR, '-Y', 'mqtt.qos == 2', ...columns)]
    expect(back.lines).toEqual(first.lines)
    expect(back.lines.length).toBeGreaterThan(5)
  }
})

test('-z counts all packets, also hidden ones; -q prints nothing else', async () => {
  const { lines } = await sniff('-q', '-r', TOUR, '-z', 'mqtt,types', '-Y', 'tcp.port == 1')
  expect(lines.slice(1, 6)).toEqual([
    'MQTT messages by type: 161',
    '',
    'Type                 Messages   Share',
    '───────────────────  ────────  ──────',
    'Connect Command             5   3.1 %',
  ])
  const clients = await sniff('-q', '-r', TOUR, '-z', 'mqtt,clients')
  expect(clients.out).toMatch(/0 {2}192\.168\.100\.10:47091 {2}3\.1\.1 {4}19 {10}7 {8}16 {10}3 {2}jane {2}sensor_00\n/)
  const topics = await sniff('-q', '-r', TOUR, '-z', 'mqtt,topics')
  expect(topics.lines[5]).toBe('       3             62      3      0      0         2  $SYS/broker/clients/connected')
  const io = await sniff('-q', '-r', LIVE, '-z', 'io,stat,0.2,mqtt,tcp.analysis.flags')
  expect(io.lines).toContain('| 0.4 <> 0.6 |     95 | 22634 |      0 |     0 |')
})

test('TLS is opened with the keys of the file, or of --tls-keylog', async () => {
  const topics = ['-Y', 'mqtt.msgtype == 3', '-T', 'fields', '-e', 'mqtt.topic']
  const inFile = await sniff('-r', `${CAPTURES}live-tls-dsb.pcapng`, ...topics)
  expect(inFile.lines[0]).toBe('deibdev/tls/q0')
  const beside = await sniff('-r', `${CAPTURES}live-tls-nokeys.pcapng`, '--tls-keylog', `${CAPTURES}live-tls.keys`, ...topics)
  expect(beside.lines).toEqual(inFile.lines)
  const preference = await sniff('-r', `${CAPTURES}live-tls-nokeys.pcapng`, '-o', `tls.keylog_file:${CAPTURES}live-tls.keys`, ...topics)
  expect(preference.lines).toEqual(inFile.lines)
  expect((await sniff('-r', `${CAPTURES}live-tls-nokeys.pcapng`, ...topics)).lines).toEqual([])
})

test('faults name the thing and the remedy; exit codes are tshark’s', async () => {
  expect(await sniff('-r', TOUR, '-Y', 'mqtt.topik == "a"')).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('did you mean mqtt.topic?\n    mqtt.topik == "a"\n    ^~~~~~~~~~\n'),
  })
  expect(await sniff('-r', join(folder, 'none'))).toMatchObject({ code: 2, err: expect.stringContaining('there is no such file') })
  expect(await sniff('-r', folder)).toMatchObject({ code: 2, err: expect.stringContaining('it is a folder') })
  expect(await sniff('-r', fileURLToPath(import.meta.url))).toMatchObject({ code: 2, err: expect.stringContaining('not a capture file') })
  expect(await sniff('-r', TOUR, '-T', 'fields', '-e', 'mqtt.topc')).toMatchObject({ code: 1, err: expect.stringContaining('did you mean mqtt.topic?') })
  expect(await sniff('-r', TOUR, '-d', 'tcp.port==1884,mqt')).toMatchObject({ code: 1, err: expect.stringContaining("there is no protocol 'mqt'") })
  expect(await sniff('-r', TOUR, '-O', 'mqt')).toMatchObject({ code: 1, err: expect.stringContaining('did you mean mqtt?') })
  expect(await sniff('-r', TOUR, '-z', 'mqtt,foo')).toMatchObject({ code: 1, err: expect.stringContaining('mqtt,topics') })
  expect(await sniff('-r', TOUR, '-z', 'io,stat,1,foo.bar')).toMatchObject({ code: 1, err: expect.stringContaining('foo.bar') })
  expect(await sniff('-r', TOUR, '-w', join(folder, 'no', 'x'))).toMatchObject({ code: 2, err: expect.stringContaining('there is no such file') })
  expect(await sniff()).toMatchObject({ code: 1, err: expect.stringContaining('say what to read') })
})

test('a file that is cut short prints its frames, then says so', async () => {
  const path = join(folder, 'cut.pcap')
  writeFileSync(path, readFileSync(TOUR).subarray(0, 5000))
  const { code, lines, err } = await sniff('-r', path, '-T', 'fields', '-e', 'frame.number')
  expect(code).toBe(2)
  expect(lines.at(-1)).toBe(`${lines.length}`)
  expect(lines.length).toBeGreaterThan(20)
  expect(err).toContain('cut short')
})

test('standard input is read as it comes, and Ctrl-C ends it with what was counted', async () => {
  const io = new FakeTerminal()
  const run = runSniff(['-r', '-', '-T', 'fields', '-e', 'frame.number', '-z', 'mqtt,types'], io, false)
  io.stdin.push(readFileSync(TOUR).subarray(0, 5000))
  await io.stdout.printed('20\n')
  io.signal('SIGINT')
  expect(await run).toBe(0)
  expect(io.stdout.text).toContain('MQTT messages by type')
})

test('a reader that goes away ends the command', async () => {
  const io = new FakeTerminal()
  const run = runSniff(['-r', '-'], io, false)
  io.stdin.push(readFileSync(TOUR).subarray(0, 5000))
  await io.stdout.printed('    9 ')
  io.stdout.close()
  expect(await run).toBe(0)
})

test('a terminal gets colours, and no control characters of others', async () => {
  const io = new FakeTerminal()
  await runSniff(['-r', LIVE, '-c', '7'], io, true)
  expect(io.stdout.text.split('\n')[6]).toBe(`${ESCAPE}[36m    7   0.012844    127.0.0.1 → 127.0.0.1    MQTT 91 Connect Command${ESCAPE}[0m`)
  const plain = new FakeTerminal()
  await runSniff(['-r', `${CAPTURES}m5-props.pcapng`, '-T', 'fields', '-e', 'mqtt.prop_string'], plain, true)
  expect(plain.stdout.text).toContain('\\001\\002\\003')
  const piped = await sniff('-r', `${CAPTURES}m5-props.pcapng`, '-T', 'fields', '-e', 'mqtt.prop_string')
  expect(piped.out).toContain('\x01\x02\x03')
})

test('-G lists what filters can name', async () => {
  const { lines } = await sniff('-G', 'fields')
  expect(lines).toContain('F\tTopic\tmqtt.topic\tFT_STRING\tmqtt\tBASE_NONE')
  expect(lines).toContain('P\tMQ Telemetry Transport Protocol\tmqtt')
})

test('a malformed packet in JSON: the note first, then the mark by its name, as tshark', async () => {
  const { out } = await sniff('-r', `${CAPTURES}malformed.pcap`, '-T', 'json', '-Y', '_ws.malformed.expert')
  const [first] = JSON.parse(out) as { _source: { layers: Record<string, Record<string, unknown>> } }[]
  const mark = first!._source.layers['_ws.malformed']!
  expect(Object.keys(mark)).toEqual(['_ws.expert', '_ws.malformed'])
  expect(mark['_ws.malformed']).toBe('Malformed Packet')
})

test('undecoded bytes are dumped in the tree unless -x dumps all', async () => {
  const argv = ['-r', `${CAPTURES}oddport.pcap`, '-Y', 'data', '-c', '10', '-O', 'data']
  const dump = /^0000 {2}(?:[0-9a-f]{2} )+/gm
  const [tree, both] = [(await sniff(...argv)).out, (await sniff(...argv, '-x')).out]
  expect(tree.match(dump)?.length).toBe(tree.match(/^Data \(/gm)?.length)
  expect(both.match(dump)?.length).toBe(both.match(/^Frame /gm)?.length)
})

test('-z io,phs counts the lists of segments below what they hold, -z conv,tcp each connection', async () => {
  const hierarchy = (await sniff('-q', '-r', `${CAPTURES}segments.pcap`, '-z', 'io,phs')).out
  expect(hierarchy).toContain('      mqtt                               frames:18 bytes:7705\n        tcp.segments                     frames:8 bytes:6145\n')
  const streams = new Set((await sniff('-r', `${CAPTURES}tcp-trouble.pcap`, '-Y', 'tcp', '-T', 'fields', '-e', 'tcp.stream')).lines)
  const conversations = (await sniff('-q', '-r', `${CAPTURES}tcp-trouble.pcap`, '-z', 'conv,tcp')).lines.filter((line) => line.includes('<->'))
  expect(conversations.length).toBe(streams.size)
})
