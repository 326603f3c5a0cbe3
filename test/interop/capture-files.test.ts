// tshark reads what we write: formats, comments, interface names, and connections that we make up, with their MQTT inside.
// Needs tshark.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type CaptureFormat, captureWriter } from '../../src/capture/capture-writer.ts'
import type { CaptureInterface } from '../../src/capture/frame.ts'
import { SyntheticConnection } from '../../src/capture/synthetic-connection.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { withTools } from '../support/require-tools.ts'

const TAP: CaptureInterface = { linkType: 1, name: 'tap', description: 'made by a test', snapLength: 0 }

withTools(['tshark'], ({ tshark: program }) => {
  test.each([
    ['pcapng', '127.0.0.1', '127.0.0.1'],
    ['pcap', '10.1.2.3', '10.1.2.4'],
    ['nsecpcap', '::1', 'fe80::1'],
  ] as const)('a made-up connection in %s: every frame whole, no complaint, all messages', (format: CaptureFormat, client, server) => {
    const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const parts: Buffer[] = []
    const writer = captureWriter(format, (bytes) => parts.push(Buffer.copyBytesFrom(bytes)), 'a test')
    const made = new SyntheticConnection(TAP, { address: client, port: 40000 }, { address: server, port: 1883 }, (frame) => {
      writer.write(format === 'pcapng' && frame.number === 4 ? { ...frame, comments: ['client 7'] } : frame)
    })
    const payload = new Uint8Array(50_000).fill(65)
    made.open(1_700_000_000_000_000_000n)
    made.data('client', Buffer.from('101000044d5154540402003c000474657374', 'hex'), 1_700_000_000_100_000_000n)
    made.data('server', Buffer.from('20020000', 'hex'), 1_700_000_000_200_000_001n)
    made.data(
      'client',
      encodePacket({ type: 3, topicName: 'a/b', payload, qos: 0, retain: false, dup: false, packetId: 0, properties: {} }, 4),
      1_700_000_000_300_000_000n,
    )
    made.close('client', false, 1_700_000_000_400_000_000n)
    writer.finish()
    const file = join(folder, 'made.cap')
    writeFileSync(file, Buffer.concat(parts))
    const tshark = (...args: string[]): string =>
      execFileSync(program, ['-r', file, '-o', 'tcp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE', ...args], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
    const fields = tshark(
      '-T',
      'fields',
      ...['frame.time_epoch', 'mqtt.msgtype', 'mqtt.len', 'frame.comment', 'frame.interface_name'].flatMap((name) => ['-e', name]),
    )
    const rows = fields
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    expect(rows.length).toBe(10)
    expect(rows.map((row) => row[1]).filter(Boolean)).toEqual(['1', '2', '3'])
    expect(rows[4]![0]).toBe(format === 'pcap' ? '1700000000.200000000' : '1700000000.200000001')
    expect(rows.map((row) => row[2]).filter(Boolean)).toEqual(['16', '2', '50005'])
    if (format === 'pcapng') expect(rows[3]!.slice(3)).toEqual(['client 7', 'tap'])
    expect(tshark('-Y', 'tcp.analysis.flags || ip.checksum.status == "Bad" || tcp.checksum.status == "Bad" || _ws.malformed')).toBe('')
  })
})
