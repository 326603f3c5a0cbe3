// Packet stores of the console that have read a capture to its end, and the golden captures to read.
// What they say is compared with the analyser, which reads the same bytes.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CaptureAnalysis } from '../../../src/analyse/capture-analysis.ts'
import { PacketStore } from '../../../src/console/worker/packets/packet-store.ts'
import { PayloadMask } from '../../../src/console/worker/payload-mask.ts'
import type { Packet } from '../../../src/dissect/packet.ts'

const FOLDER = join(import.meta.dirname, '../../golden/captures')

export const CAPTURES: readonly string[] = readdirSync(FOLDER).filter((name) => name.includes('.pcap'))

export function captureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FOLDER, name)))
}

export interface StoreOptions {
  readonly filter?: string
  /** Bytes that come at a time. */
  readonly piece?: number
  /** Bytes kept. */
  readonly budget?: number
  /** Payloads that details do not show. */
  readonly mask?: PayloadMask
}

/** Works off what has come. */
export function work(store: PacketStore): void {
  while (store.step(() => false));
}

export function storeOf(
  bytes: Uint8Array,
  { filter = '', piece = bytes.length, budget = Number.POSITIVE_INFINITY, mask = new PayloadMask() }: StoreOptions = {},
): PacketStore {
  const store = new PacketStore({ budget, mask })
  store.setFilter(filter)
  for (let at = 0; at < bytes.length; at += piece) {
    store.push(bytes.slice(at, at + piece))
    if (budget !== Number.POSITIVE_INFINITY) work(store)
  }
  store.end()
  work(store)
  return store
}

/** What the analyser says of each packet that passes a filter. */
export function analysed<T>(bytes: Uint8Array, filter: string, read: (packet: Packet) => T): T[] {
  const analysis = new CaptureAnalysis({ auto: true, filter })
  analysis.push(bytes)
  analysis.end()
  const all: T[] = []
  try {
    for (let packet = analysis.next(); packet !== null; packet = analysis.next()) all.push(read(packet))
  } catch {
    // a file cut short: its packets have been read
  }
  return all
}

export function numbersOf(store: PacketStore): number[] {
  return store.rows(0, 1e9, 'relative').map(({ number }) => number)
}
