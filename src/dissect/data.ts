// Bytes that no dissector explains: `data`.
// The last resort of every layer.

import { bytesText } from './address-text.ts'
import type { DissectContext } from './context.ts'
import { DATA } from './data-fields.ts'
import { ROOT } from './rows.ts'

/** Bytes of data shown in a line of the tree. */
const SHOWN = 36

/** Adds the `data` protocol with the stored part of `length` bytes; nothing when there are none. */
export function addData(context: DissectContext, source: number, start: number, length: number, parent: number = ROOT): void {
  const { rows, demand } = context
  const stored = Math.min(length, rows.sources[source]!.length - start)
  if (stored <= 0) return
  context.layers.push('data')
  const outer = rows.top
  // Of a quoted packet only the heads stand within the message that quotes it.
  if (context.inError) rows.top = ROOT
  const root = rows.add(DATA.protocol, source, start, stored, parent)
  rows.top = outer
  if (demand.columns && context.columns.protocol === '') context.columns.protocol = 'Data'
  if (!demand.has(DATA.protocol)) return
  const data = rows.add(DATA.data, source, start, stored, root)
  rows.addGiven(DATA.len, source, -1, 0, root, stored)
  if (demand.text(DATA.protocol)) rows.setText(root, `Data (${stored} byte${stored === 1 ? '' : 's'})`)
  if (demand.text(DATA.data)) {
    const text = bytesText(rows.sources[source]!.subarray(start, start + Math.min(stored, SHOWN)), '')
    rows.setText(data, `Data: ${text}${stored > SHOWN ? '…' : ''}`)
  }
}
