// Runs filters over captures and over rows made by hand.
// The fields are those of all dissectors.

import { readFileSync } from 'node:fs'
import { CaptureReader } from '../../src/capture/capture-reader.ts'
import { isFrame } from '../../src/capture/frame.ts'
import { Demand } from '../../src/dissect/demand.ts'
import { Dissector } from '../../src/dissect/dissect.ts'
import { compileFilter } from '../../src/filter/filter.ts'
import { FilterError } from '../../src/filter/filter-error.ts'

/** What each filter answers: the frames that pass as ranges, `none`, or `refused`. */
export function answers(capture: URL, texts: readonly string[]): string[] {
  const filters = texts.map((text) => (isRefused(text) ? null : compileFilter(text)))
  const passed: number[][] = texts.map(() => [])
  const dissector = new Dissector({ demand: new Demand('everything', false) })
  const reader = new CaptureReader()
  reader.push(new Uint8Array(readFileSync(capture)))
  reader.end()
  for (let item = reader.next(); item !== null; item = reader.next()) {
    if (!isFrame(item)) continue
    const packet = dissector.dissect(item)
    for (const [i, filter] of filters.entries()) if (filter?.test(packet) === true) passed[i]!.push(item.number)
  }
  return filters.map((filter, i) => (filter === null ? 'refused' : ranges(passed[i]!)))
}

function isRefused(text: string): boolean {
  try {
    compileFilter(text)
    return false
  } catch (error) {
    if (error instanceof FilterError) return true
    throw error
  }
}

export function ranges(numbers: readonly number[]): string {
  const parts: string[] = []
  for (let from = 0; from < numbers.length; ) {
    let to = from
    while (numbers[to + 1] === numbers[to]! + 1) to++
    parts.push(from === to ? `${numbers[from]!}` : `${numbers[from]!}-${numbers[to]!}`)
    from = to + 1
  }
  return parts.join(',') || 'none'
}

/** What a filter is refused with. */
export function refusal(text: string): FilterError {
  try {
    compileFilter(text)
  } catch (error) {
    if (error instanceof FilterError) return error
    throw error
  }
  throw new Error(`accepted: ${text}`)
}
