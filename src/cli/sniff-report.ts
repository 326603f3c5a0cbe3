// -G: what filters and -e can name, in the columns of `tshark -G`.
// Reads the tables of the dissectors.

import '../dissect/dissect.ts'
import { FIELDS } from '../dissect/field.ts'
import { SniffUsageError } from './sniff-arguments.ts'

/** @throws SniffUsageError for a report there is not */
export function fieldReport(kind: string): string {
  switch (kind) {
    case 'fields':
      return FIELDS.map(({ type, label, name, protocol, base }) =>
        type === 'protocol'
          ? `P\t${label}\t${name}\n`
          : `F\t${label}\t${name}\tFT_${type.toUpperCase()}\t${FIELDS[protocol]!.name}\tBASE_${(base ?? 'none').toUpperCase()}\n`,
      ).join('')
    case 'protocols':
      return FIELDS.filter(({ type }) => type === 'protocol')
        .map(({ label, name }) => `${label}\t${name}\n`)
        .sort()
        .join('')
    default:
      throw new SniffUsageError(`-G '${kind}' is none of: fields protocols`)
  }
}
