// Which lines of a packet's tree are seen, given which names are unfolded: what was opened in one packet is open in the next.
// Pure.

import type { DetailLine } from '../../worker/packets/packet-calls.ts'

/** Unfolded at first: what people come for. */
export const UNFOLDED: readonly string[] = ['mqtt', 'mqtt.hdrflags', 'mqtt.conflags', 'mqttsn', 'coap', 'zz', '_ws.malformed', 'json']

/** By which a line is remembered as open: its field, or its text without what changes. */
export function foldName({ name, text }: DetailLine): string {
  return name === '' ? text.replace(/[\d:].*$/, '') : name
}

/** Indices of the lines that are seen, in order. */
export function visibleLines(lines: readonly DetailLine[], open: ReadonlySet<string>): number[] {
  const visible: number[] = []
  for (let at = 0; at < lines.length; ) {
    visible.push(at)
    const line = lines[at]!
    at += line.below > 0 && !open.has(foldName(line)) ? line.below + 1 : 1
  }
  return visible
}

/** The line above that holds it; -1 = none. */
export function parentOf(lines: readonly DetailLine[], index: number): number {
  const depth = lines[index]?.depth ?? 0
  for (let at = index - 1; at >= 0; at--) if (lines[at]!.depth < depth) return at
  return -1
}

/** The line itself, or the nearest above it that is seen; -1 = none. */
export function seenLine(lines: readonly DetailLine[], visible: readonly number[], index: number): number {
  for (let at = index; at >= 0; at = parentOf(lines, at)) if (visible.includes(at)) return at
  return -1
}

/** The names that must be open for a line to be seen. */
export function foldsAbove(lines: readonly DetailLine[], index: number): string[] {
  const names: string[] = []
  for (let at = parentOf(lines, index); at >= 0; at = parentOf(lines, at)) names.push(foldName(lines[at]!))
  return names
}

/** Label and value of a line; the value stands out. Bits in front of a masked field stand apart. */
export function partsOf(text: string): { readonly bits: string; readonly label: string; readonly value: string } {
  const bits = /^[01. ]{4,} = /.exec(text)?.[0] ?? ''
  const rest = text.slice(bits.length)
  const at = rest.indexOf(': ')
  const label = at < 0 ? rest : rest.slice(0, at + 1)
  return { bits, label, value: at < 0 ? '' : rest.slice(at + 2) }
}
