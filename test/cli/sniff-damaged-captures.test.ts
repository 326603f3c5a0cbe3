// Captures cut anywhere or with flipped bits, through the whole command: it ends, its exit code says how, and the frames before the damage are as they were.
// The damage is the same in every run.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { isFrame } from '../../src/capture/frame.ts'
import { runSniff } from '../../src/cli/sniff.ts'
import { FakeTerminal } from './support/fake-terminal.ts'

const FOLDER = fileURLToPath(new URL('../golden/captures/', import.meta.url))
const FILES = readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name))
const ROUNDS = 4
/** Longer files are cut to this first: the rest is like what stands before. */
const MOST_BYTES = 60_000
const READ = ['-T', 'fields', ...['frame.number', 'frame.protocols', 'mqtt.topic', 'coap.mid', '_ws.malformed', '_ws.col.Info'].flatMap((name) => ['-e', name])]

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-damaged-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function sniff(bytes: Uint8Array, argv: readonly string[]): Promise<{ code: number; lines: string[]; err: string }> {
  const path = join(folder, 'damaged')
  writeFileSync(path, bytes)
  const io = new FakeTerminal()
  const code = await runSniff(['-r', path, ...argv], io, false)
  return { code, lines: io.stdout.text.split('\n').slice(0, -1), err: io.stderr.text }
}

/** How many frames lie whole in the first bytes of a file. */
function wholeFrames(bytes: Uint8Array): number {
  const reader = new CaptureReader()
  reader.push(bytes)
  let count = 0
  for (let item = reader.next(); item !== null; item = reader.next()) if (isFrame(item)) count++
  return count
}

/** A small linear congruential generator. */
function chance(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

function expectEnded(code: number, err: string): void {
  expect([0, 2]).toContain(code)
  expect(err === '').toBe(code === 0)
}

test.each(FILES)('%s: cut anywhere', { timeout: 60_000 }, async (name) => {
  const random = chance(name.length * 7)
  const whole = new Uint8Array(readFileSync(FOLDER + name)).subarray(0, MOST_BYTES)
  const before = await sniff(whole, READ)
  for (let round = 0; round < ROUNDS; round++) {
    const size = random(whole.length)
    const { code, lines, err } = await sniff(whole.subarray(0, size), READ)
    expectEnded(code, err)
    expect(lines).toEqual(before.lines.slice(0, wholeFrames(whole.subarray(0, size))))
  }
})

test.each(FILES)('%s: flipped bits', { timeout: 60_000 }, async (name) => {
  const random = chance(name.length * 13)
  const whole = new Uint8Array(readFileSync(FOLDER + name)).subarray(0, MOST_BYTES)
  const before = await sniff(whole, READ)
  for (let round = 0; round < ROUNDS; round++) {
    const damaged = new Uint8Array(whole)
    const at = random(whole.length)
    damaged[at]! ^= 1 << random(8)
    for (let more = random(20); more > 0; more--) damaged[at + random(whole.length - at)]! ^= 1 << random(8)
    const { code, lines, err } = await sniff(damaged, round === ROUNDS - 1 ? [...READ, '--auto'] : READ)
    expectEnded(code, err)
    const intact = wholeFrames(whole.subarray(0, at))
    if (round < ROUNDS - 1) expect(lines.slice(0, intact)).toEqual(before.lines.slice(0, intact))
    if (round === 0) for (const form of [['-V'], ['-x'], ['-T', 'json'], ['-T', 'pdml']]) expectEnded(...(await codeOf(damaged, form)))
  }
})

async function codeOf(bytes: Uint8Array, argv: readonly string[]): Promise<[number, string]> {
  const { code, err } = await sniff(bytes, argv)
  return [code, err]
}
