// Files cut at every byte and flipped in every bit: a start finds a prefix of what was written, or refuses with a sentence. Never something else.
// And what fsck makes of them.

import { expect, test } from 'vitest'
import { checkStore } from '../../src/store/check.ts'
import { FileJournal } from '../../src/store/file-journal.ts'
import { RecordType } from '../../src/store/record-types.ts'
import { appendRetainedCleared } from '../../src/store/records.ts'
import { CorruptionError } from '../../src/store/recovery.ts'
import { FakeFiles } from '../support/fake-files.ts'

const FOLDER = '/store'
const PATH = '/store/p0-0000000001.zlog'

async function read(files: FakeFiles): Promise<{ texts: string[]; notes: readonly string[] }> {
  const texts: string[] = []
  const journal = await FileJournal.open(
    FOLDER,
    (type, fields) => {
      if (type === RecordType.RetainedCleared) texts.push(fields.text())
    },
    { files, segmentSize: 2048, batchSize: 256, ballastSize: 0 },
  )
  const { notes } = journal.recovery
  await journal.close()
  return { texts, notes }
}

/** A journal with these batches, each synced before the next. */
async function written(batches: readonly (readonly string[])[], segmentSize = 2048): Promise<FakeFiles> {
  const files = new FakeFiles()
  const journal = await FileJournal.open(FOLDER, () => {}, { files, segmentSize, batchSize: 256, ballastSize: 0, mode: 'commit', now: () => 1_700_000_000_000 })
  for (const batch of batches) {
    for (const text of batch) appendRetainedCleared(journal, text)
    await journal.flush()
  }
  await journal.close()
  return files
}

const BATCHES = [['one', 'two'], ['three'], ['four', 'five', 'six']]
const ALL = BATCHES.flat()

/** Where each batch begins, by the magic. */
function batchOffsets(bytes: Uint8Array): number[] {
  const offsets: number[] = []
  for (let at = 64; at < bytes.length; at += 8) if (Buffer.from(bytes.subarray(at, at + 4)).toString() === 'ZBAT') offsets.push(at)
  return offsets
}

test('cut at any byte, a segment gives the batches before the cut and says where it was cut off', async () => {
  const bytes = (await written(BATCHES)).content(PATH)
  const offsets = batchOffsets(bytes)
  const ends = offsets.map((at) => at + new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + 4, true))
  for (let length = 0; length <= bytes.length; length++) {
    const files = new FakeFiles()
    files.put(PATH, bytes.subarray(0, length))
    const { texts, notes } = await read(files)
    const whole = ends.filter((end) => end <= length).length
    expect(texts, `cut at ${length}`).toEqual(BATCHES.slice(0, whole).flat())
    const at = offsets[whole]
    if (at !== undefined && length > at) expect(notes.join()).toContain(`${PATH}: cut off at offset ${at}`)
    expect((await read(files)).notes, 'mended the first time').toEqual([])
  }
})

test('what was cut off never comes back, even if what is written next fits before it', async () => {
  const files = new FakeFiles()
  const journal = await FileJournal.open(FOLDER, () => {}, { files, segmentSize: 2048, batchSize: 256, ballastSize: 0, syncEveryMs: 1e9 })
  for (const text of ['kept', 'torn', 'stale']) {
    appendRetainedCleared(journal, text)
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  // never synced: the last one arrived whole, the one before it did not
  const bytes = files.content(PATH).slice()
  bytes[batchOffsets(bytes)[1]! + 44]! ^= 1
  const after = new FakeFiles()
  after.put(PATH, bytes)
  const options = { files: after, segmentSize: 2048, batchSize: 256, ballastSize: 0 }
  const again = await FileJournal.open(FOLDER, () => {}, options)
  appendRetainedCleared(again, 'next')
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  const { texts } = await read(after.restarted(false))
  expect(texts).toEqual(['kept', 'next'])
})

test('any bit flipped gives a prefix, cut off and said, or a refusal that names file and offset', async () => {
  const bytes = (await written(BATCHES)).content(PATH)
  const offsets = batchOffsets(bytes)
  const seen = { refused: 0, cut: 0, untouched: 0 }
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    const files = new FakeFiles()
    files.put(PATH, flipped)
    try {
      const { texts, notes } = await read(files)
      expect(texts, `bit ${bit}`).toEqual(ALL.slice(0, texts.length))
      if (texts.length === ALL.length) seen.untouched++
      else {
        seen.cut++
        expect(texts.length, `bit ${bit}: only the last batch may be cut`).toBe(3)
        expect(notes.join()).toContain(`cut off at offset ${offsets[2]}`)
      }
    } catch (error) {
      expect((error as Error).message).toContain(PATH)
      if (!(error instanceof CorruptionError)) throw error
      seen.refused++
      expect(error.message).toMatch(/damaged at offset \d+ .*zanzara fsck --repair/s)
      expect(offsets.concat(0)).toContain(error.offset)
      expect(files.content(PATH), 'nothing was changed').toEqual(flipped)
    }
  }
  expect(seen.refused).toBeGreaterThan(900)
  expect(seen.cut).toBeGreaterThan(400)
  expect(seen.untouched, 'only in the padding').toBeLessThan(24 * 8)
})

test('a missing segment is refused, the first and one in the middle', async () => {
  const texts = Array.from({ length: 60 }, (_, i) => [`${i} ${'x'.repeat(100)}`])
  for (const lost of [1, 2]) {
    const files = await written(texts, 1024)
    await files.unlink(`/store/p0-000000000${lost}.zlog`)
    await expect(read(files)).rejects.toThrow(`p0-000000000${lost}.zlog`)
  }
})

test('repair keeps every whole batch, sets the old file aside, and the journal goes on', async () => {
  const files = await written(BATCHES)
  const [, second = 0] = batchOffsets(files.content(PATH))
  const damaged = files.content(PATH).slice()
  damaged[second + 44]! ^= 1
  files.put(PATH, damaged)
  await expect(read(files)).rejects.toThrow(CorruptionError)

  const found = await checkStore(files, FOLDER, false)
  expect(found.damage).toMatchObject([{ path: PATH, at: second, isLoss: true }])
  expect(found.repaired).toEqual([])
  const report = await checkStore(files, FOLDER, true)
  expect(report.repaired).toEqual([PATH, `${PATH}.damaged`])
  expect(files.content(`${PATH}.damaged`)).toEqual(damaged)
  expect((await checkStore(files, FOLDER, false)).damage).toEqual([])
  expect((await read(files)).texts).toEqual(['one', 'two', 'four', 'five', 'six'])
  expect((await read(files)).texts, 'again').toEqual(['one', 'two', 'four', 'five', 'six'])
})

test('repair goes on without a missing segment, the first or one in the middle', async () => {
  const texts = Array.from({ length: 60 }, (_, i) => [`${i} ${'x'.repeat(100)}`])
  for (const lost of [1, 2]) {
    const files = await written(texts, 1024)
    await files.unlink(`/store/p0-000000000${lost}.zlog`)
    expect((await checkStore(files, FOLDER, true)).damage).not.toEqual([])
    const { texts: left } = await read(files)
    expect(left.length).toBeGreaterThan(40)
    expect(left.length).toBeLessThan(60)
    expect((await checkStore(files, FOLDER, false)).damage).toEqual([])
  }
})

test('records of a newer version stop the start, unless they may be skipped', async () => {
  for (const [type, isRefused] of [
    [0x7f, true],
    [0xfe, false],
  ] as const) {
    const files = new FakeFiles()
    const journal = await FileJournal.open(FOLDER, () => {}, { files, segmentSize: 2048, ballastSize: 0 })
    journal.begin(type, 3)
    appendRetainedCleared(journal, 'after')
    await journal.close()
    if (isRefused) await expect(read(files)).rejects.toThrow(/p0-0000000001\.zlog at offset \d+: a record of type 127, which this version does not know/)
    else expect((await read(files)).texts).toEqual(['after'])
  }
})
