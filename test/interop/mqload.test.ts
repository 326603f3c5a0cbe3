// The independent load generator and checker (bench/mqload.c) against our broker, in all its shapes: every message once, in order.
// Counts, not times, end the runs; figures are the benchmark's affair.

import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Program, unusedPort } from '../support/built.ts'
import { withTools } from '../support/require-tools.ts'

const SHAPES: readonly (readonly [string, string])[] = [
  ['1 → 1', '-P 1 -S 1 -n 20000'],
  ['1 → 100', '-P 1 -S 100 -T 1 -n 2000'],
  ['50 → 1', '-P 50 -S 1 -T 1 -n 500'],
  ['10 → 10', '-P 10 -S 10 -n 3000'],
  ['10 → 10, 4 KiB', '-P 10 -S 10 -s 4096 -n 1000'],
  ['10 → 10 over 1000 topics', '-P 10 -S 10 -T 1000 -e 100 -n 20'],
  ['wildcard subscribers', '-P 5 -S 5 -F {prefix}# -n 1000'],
  ['retained', '-P 10 -S 10 -R -n 500'],
  ['bursts to several topics', '-P 4 -S 4 -T 40 -m 20 -n 400'],
  ['persistent sessions', '-P 10 -S 10 -c 0 -n 1000'],
]

withTools(['gcc', 'libc headers'], ({ gcc }) => {
  const folder = mkdtempSync(join(tmpdir(), 'zanzara-mqload-'))
  const mqload = join(folder, 'mqload')
  const run = promisify(execFile)
  let broker: Program
  let port: number
  let runs = 0

  beforeAll(async () => {
    execFileSync(gcc, ['-O2', '-o', mqload, fileURLToPath(new URL('../../bench/mqload.c', import.meta.url))])
    port = await unusedPort()
    const file = join(folder, 'broker.conf')
    writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n`)
    broker = new Program(['broker', '-c', file])
    await broker.until('stderr', /running/)
  })
  afterAll(async () => {
    expect(await broker.ended('SIGTERM')).toBe(0)
    rmSync(folder, { recursive: true, force: true })
  })

  for (const version of [4, 5]) {
    describe(`MQTT ${version === 4 ? '3.1.1' : '5.0'}`, () => {
      for (const qos of [0, 1, 2]) {
        test.each(SHAPES)(`QoS ${qos}, %s: lossless and in order`, async (_label, shape) => {
          const prefix = `m${++runs}/`
          const args = [
            '-p',
            String(port),
            '-V',
            String(version),
            '-q',
            String(qos),
            '-t',
            prefix,
            '-i',
            `m${runs}-`,
            ...shape.replaceAll('{prefix}', prefix).split(' '),
          ]
          const { stdout } = await run(mqload, args, { timeout: 60_000 }).catch((error: { stdout?: string; stderr?: string; message: string }) => ({
            stdout: error.stdout || JSON.stringify({ error: error.stderr || error.message }),
          }))
          const { ok, lost, gaps, repeats, bad, disconnects, stalled, received, expected, error } = JSON.parse(stdout)
          expect({ ok, lost, gaps, repeats, bad, disconnects, stalled, error }).toEqual({
            ok: true,
            lost: 0,
            gaps: 0,
            repeats: 0,
            bad: 0,
            disconnects: 0,
            stalled: false,
            error: undefined,
          })
          expect(received).toBe(expected)
          expect(received).toBeGreaterThan(0)
        })
      }
    })
  }
})
