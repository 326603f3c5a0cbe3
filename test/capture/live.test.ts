// Live capture with programs that stand for dumpcap and tcpdump: their bytes come through, their refusals become sentences that help.
// The real ones are tried in test/interop.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { captureDevices, LiveCapture, LiveError } from '../../src/capture/live.ts'

/** A folder with one program of this name that runs this script. */
function pretending(name: 'dumpcap' | 'tcpdump', script: string, mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, name), mode)
  return folder
}

async function bytesOf(capture: LiveCapture): Promise<string> {
  let text = ''
  for await (const chunk of capture) text += Buffer.from(chunk).toString()
  return text
}

test('the flags that the program is started with, and its bytes', async () => {
  const say = 'echo "$@"'
  const options = { interface: 'lo', filter: 'tcp port 1883', snapLength: 96, promiscuous: false }
  expect(await bytesOf(new LiveCapture(options, pretending('dumpcap', say)))).toBe('-q -w - -i lo -p -s 96 -f tcp port 1883\n')
  expect(await bytesOf(new LiveCapture(options, pretending('tcpdump', say)))).toBe('-U -w - -s 96 -i lo -p tcp port 1883\n')
  expect(await bytesOf(new LiveCapture({ interface: 'any' }, pretending('dumpcap', say)))).toBe('-q -w - -i any\n')
})

test.each([
  [
    'dumpcap',
    'echo "dumpcap: You do not have permission to capture on device \\"lo\\"." >&2; exit 1',
    /lacks the capability cap_net_raw\. Debian .*dpkg-reconfigure.*--proxy/,
  ],
  ['tcpdump', 'echo "tcpdump: lo: You don\'t have permission to perform this capture" >&2; exit 1', /sudo setcap cap_net_raw,cap_net_admin=eip .*tcpdump/],
  ['tcpdump', 'echo "tcpdump: can\'t parse filter expression: syntax error" >&2; exit 1', /capture filter 'x y' is not valid/],
  [
    'dumpcap',
    'echo "Capturing on \'lo\'" >&2; echo "dumpcap: There is no device named \\"lo\\"." >&2; exit 2',
    /there is no interface 'lo' here: 'zanzara sniff -D'/,
  ],
  ['tcpdump', 'echo "tcpdump: the moon is full" >&2; exit 1', /tcpdump ended: the moon is full/],
] as const)('%s refuses: %s', async (name, script, sentence) => {
  const capture = new LiveCapture({ interface: 'lo', filter: 'x y' }, pretending(name, script))
  const error: unknown = await bytesOf(capture).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(LiveError)
  expect((error as Error).message).toMatch(sentence)
})

test('no program at all: what to install', () => {
  expect(() => new LiveCapture({ interface: 'lo' }, '/nowhere')).toThrow(/install tcpdump or dumpcap/)
})

test.each([
  ['dumpcap', "Packets received/dropped on interface 'lo': 5/2 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (100.0%)", { captured: 5, dropped: 2 }],
  ['tcpdump', '7 packets captured\n8 packets received by filter\n1 packet dropped by kernel', { captured: 7, dropped: 1 }],
] as const)('%s is stopped in order and says what it lost', async (name, farewell, counts) => {
  const capture = new LiveCapture(
    { interface: 'lo' },
    pretending(
      name,
      `trap 'printf "%s\\n" "${farewell.replaceAll('\n', '\\n')}" | sed "s/\\\\\\\\n/\\n/g" >&2; exit 0' INT\necho begun\nwhile :; do sleep 0.05; done`,
    ),
  )
  const iterator = capture[Symbol.asyncIterator]()
  expect(Buffer.from((await iterator.next()).value as Uint8Array).toString()).toBe('begun\n')
  expect(await capture.stop()).toEqual(counts)
  expect((await iterator.next()).done).toBe(true)
})

test('the interfaces', async () => {
  const path = pretending('dumpcap', 'echo "1. eth0"; echo "2. lo (Loopback)"')
  expect(await captureDevices(path)).toEqual([
    { name: 'eth0', description: null },
    { name: 'lo', description: 'Loopback' },
  ])
})
