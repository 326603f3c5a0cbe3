import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { keptFrame } from '../../src/capture/captured-frame.ts'
import { type Frame, isFrame } from '../../src/capture/frame.ts'
import { HOME_NETWORK } from '../support/home-network.ts'
import { everything, frameOf, readFile } from './dissecting.ts'

const FOLDER = new URL('../golden/captures/', import.meta.url)
const FILES = readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name))
/** Stands for the packets of HOME_NETWORK. */
const AT_HOME = 'a home network'
const CAPTURES = [...FILES, AT_HOME]
/** Frames of a file that are damaged; the rest of a long file is like them. */
const MOST_FRAMES = 150
const ROWS_LIMIT = 20_000

function frames(name: string): Frame[] {
  if (name === AT_HOME) return HOME_NETWORK.flatMap(([, packets]) => packets()).map((bytes, i) => frameOf(Uint8Array.from(bytes), i + 1))
  const reader = new CaptureReader()
  reader.push(new Uint8Array(readFileSync(new URL(name, FOLDER))))
  const kept: Frame[] = []
  for (let item = reader.next(); item !== null && kept.length < MOST_FRAMES; item = reader.next()) if (isFrame(item)) kept.push(keptFrame(item))
  return kept
}

/** A small linear congruential generator: the same damage in every run. */
function chance(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

/** Rows are sound: parents stand before their children, everything starts within its source. */
function expectSound(dissector: ReturnType<typeof everything>, frame: Frame): void {
  const { rows } = dissector.dissect(frame)
  expect(rows.count).toBeLessThan(ROWS_LIMIT)
  for (let row = 0; row < rows.count; row++) {
    const bytes = rows.sources[rows.source[row]!]!
    if (rows.parent[row]! >= row || rows.start[row]! > bytes.length || rows.length[row]! < 0)
      throw new Error(`frame ${frame.number}: row ${row} at ${rows.start[row]}+${rows.length[row]} below ${rows.parent[row]}`)
  }
}

test.each(CAPTURES)('%s: flipped bits neither throw nor break the rows', (name) => {
  const random = chance(name.length)
  const originals = frames(name)
  for (let round = 0; round < 3; round++) {
    const dissector = everything({ auto: round === 2 })
    for (const frame of originals) {
      const bytes = new Uint8Array(frame.bytes)
      for (let flips = random(4); flips > 0 && bytes.length > 0; flips--) bytes[random(bytes.length)]! ^= 1 << random(8)
      expectSound(dissector, { ...frame, bytes })
    }
  }
})

test.each(CAPTURES)('%s: frames cut anywhere, on the wire or by the capture', (name) => {
  const random = chance(name.length + 99)
  const originals = frames(name)
  for (const isSnapped of [true, false]) {
    const dissector = everything()
    for (const frame of originals) {
      const bytes = frame.bytes.subarray(0, random(frame.bytes.length + 1))
      expectSound(dissector, { ...frame, bytes, length: isSnapped ? frame.length : bytes.length })
    }
  }
})

test('random bytes under every link type', () => {
  const random = chance(7)
  const dissector = everything({ auto: true })
  const [template] = frames('m311-tour.pcap')
  for (const linkType of [0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 4711, -2])
    for (let i = 1; i <= 200; i++) {
      const bytes = Uint8Array.from({ length: random(200) }, () => random(256))
      if (bytes.length > 0 && random(2) === 0) bytes[0] = linkType === 229 ? 0x60 : 0x45
      expectSound(dissector, { ...template!, bytes, length: bytes.length + random(3), number: i, interface: { ...template!.interface, linkType } })
    }
})

test('the golden captures themselves are sound', () => {
  for (const name of FILES) {
    const dissector = everything()
    try {
      readFile(new URL(name, FOLDER), dissector, () => undefined)
    } catch (error) {
      expect(name).toBe('cut.pcap')
      expect(String(error)).toContain('cut short')
    }
  }
})
