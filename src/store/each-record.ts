// Goes through the records of a batch: type, length, fields.
// Types of later versions are skipped when they say that they may be, and refused otherwise.

import { JournalError, type RecordBatch } from './journal.ts'
import { FieldReader, RecordError } from './record-fields.ts'
import { RECORD_NAMES, SKIPPABLE } from './record-types.ts'

/** Called per record with its fields, and where they begin in the segment; must read them during the call. */
export type RecordVisitor = (type: number, fields: FieldReader, segment: number, offset: number, sequence: number) => void

/** Shows the batch's records in order. Throws JournalError for one that cannot be understood, naming its place as `where` begins. */
export function eachRecord(batch: RecordBatch, where: string, visit: RecordVisitor): void {
  const { bytes, end } = batch
  const head = new FieldReader()
  const fields = new FieldReader()
  let sequence = batch.firstSequence
  for (let at = batch.at; at < end; sequence++) {
    const type = bytes[at]!
    const place = `${where} at offset ${batch.offset + at}`
    try {
      head.over(bytes, at + 1, end)
      const length = head.number()
      const start = head.at
      if (length > end - start) throw new RecordError(`${length} bytes of fields where ${end - start} are left`)
      at = start + length
      if (RECORD_NAMES[type] === undefined || type === 0) {
        if (type >= SKIPPABLE) continue
        throw new JournalError(`${place}: a record of type ${type}, which this version does not know: start the newer version that wrote it`)
      }
      visit(type, fields.over(bytes, start, at), batch.segment, batch.offset + start, sequence)
    } catch (error) {
      if (error instanceof JournalError) throw error
      throw new JournalError(`${place}: a ${RECORD_NAMES[type] ?? type} record that cannot be read: ${(error as Error).message}`)
    }
  }
  if (sequence - batch.firstSequence !== batch.count)
    throw new JournalError(`${where} at offset ${batch.offset + batch.at}: ${sequence - batch.firstSequence} records where the batch says ${batch.count}`)
}
