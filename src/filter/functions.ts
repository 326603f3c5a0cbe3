// The functions of the filter language: their names and what they ask of their parameters.
// What they do with values is in evaluate.ts.

import type { FieldType } from '../dissect/field.ts'
import { isInteger, TYPES } from './types.ts'

export type FunctionName = 'len' | 'count' | 'lower' | 'upper' | 'string' | 'min' | 'max' | 'abs'

export interface FunctionRule {
  readonly fewest: number
  readonly most: number
  /** The parameter must be a field itself, nothing computed. */
  readonly takesField: boolean
  /** Which types of parameters it knows. */
  readonly accepts: (type: FieldType) => boolean
  readonly wants: string
  /** Type of the result; null = as the first parameter's. */
  readonly result: FieldType | null
}

const ONE_FIELD = { fewest: 1, most: 1, takesField: true } as const
const isText = (type: FieldType): boolean => TYPES[type].class === 'text'
const ORDERED = { fewest: 1, most: Number.POSITIVE_INFINITY, takesField: false, wants: 'values that have an order', result: null } as const
const hasOrder = (type: FieldType): boolean => type !== 'none'

export const FUNCTIONS: Readonly<Record<FunctionName, FunctionRule>> = {
  len: { ...ONE_FIELD, accepts: () => true, wants: 'a field', result: 'uint32' },
  count: { ...ONE_FIELD, accepts: () => true, wants: 'a field', result: 'uint32' },
  lower: { ...ONE_FIELD, accepts: isText, wants: 'a text field', result: 'string' },
  upper: { ...ONE_FIELD, accepts: isText, wants: 'a text field', result: 'string' },
  string: { ...ONE_FIELD, accepts: (type) => TYPES[type].canPrint, wants: 'a field with a number or an address', result: 'string' },
  min: { ...ORDERED, accepts: hasOrder },
  max: { ...ORDERED, accepts: hasOrder },
  abs: {
    fewest: 1,
    most: 1,
    takesField: false,
    accepts: (type) => isInteger(type) || type === 'boolean' || type === 'double' || type === 'relative_time',
    wants: 'a number or a time span',
    result: null,
  },
}

export function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name)
}
