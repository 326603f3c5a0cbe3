// A checked filter: fields are known, constants converted, every value has a type.
// Made by check.ts, eaten by compile.ts.

import type { Field, FieldType, ValueNames } from '../dissect/field.ts'
import type { GivenValue } from '../dissect/rows.ts'
import type { FunctionName } from './functions.ts'
import type { BytePattern } from './pattern.ts'
import type { ArithmeticOperator, Range } from './syntax.ts'
import { isSigned } from './types.ts'

export type TypedValue = { readonly type: FieldType } & (
  | { readonly kind: 'field'; readonly fields: readonly Field[]; readonly layers: readonly Range[] | null }
  /** `prefix`: bits that count in comparisons with a network; null = all. */
  | { readonly kind: 'constant'; readonly value: GivenValue; readonly prefix: number | null }
  /** A reference to a packet that nobody has selected: it has no values, ever. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'slice'; readonly of: TypedValue; readonly ranges: readonly Range[] }
  /** Another value's bytes. */
  | { readonly kind: 'bytes'; readonly of: TypedValue }
  | { readonly kind: 'negation'; readonly of: TypedValue }
  | { readonly kind: 'arithmetic'; readonly operator: ArithmeticOperator; readonly left: TypedValue; readonly right: TypedValue }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly parameters: readonly TypedValue[] }
)

export type Relation = '==' | '!=' | '<' | '<=' | '>' | '>='

/** Whether one pair of values is enough, or all must agree. */
export type Mode = 'any' | 'all'

export type TypedTest =
  | { readonly kind: 'and' | 'or'; readonly left: TypedTest; readonly right: TypedTest }
  | { readonly kind: 'not'; readonly of: TypedTest }
  | { readonly kind: 'exists'; readonly value: TypedValue }
  | { readonly kind: 'comparison'; readonly mode: Mode; readonly relation: Relation; readonly left: TypedValue; readonly right: TypedValue }
  | { readonly kind: 'contains'; readonly mode: Mode; readonly left: TypedValue; readonly right: TypedValue }
  | { readonly kind: 'matches'; readonly mode: Mode; readonly left: TypedValue; readonly pattern: BytePattern }
  | { readonly kind: 'in'; readonly mode: Mode; readonly left: TypedValue; readonly elements: readonly TypedElement[] }

export interface TypedElement {
  readonly low: TypedValue
  readonly high: TypedValue | null
}

/** The names that a value's numbers have: a field's, also behind signs and arithmetic, as tshark has it. */
export function namesOf(value: TypedValue): ValueNames | undefined {
  switch (value.kind) {
    case 'field':
      return value.fields[0]!.values
    case 'negation':
      return namesOf(value.of)
    case 'arithmetic':
      return namesOf(value.left)
    default:
      return undefined
  }
}

/** Bits that count in comparisons; null = all. */
export function prefixOf(value: TypedValue): number | null {
  return value.kind === 'constant' ? value.prefix : value.kind === 'arithmetic' ? prefixOf(value.left) : null
}

/** Whether a number is held with a sign. Unsigned ones are never less than a negative one, nor more: tshark finds them not comparable. */
export function isHeldSigned(value: TypedValue): boolean {
  switch (value.kind) {
    case 'negation':
      return true
    case 'arithmetic':
      return isHeldSigned(value.left)
    case 'call':
      return value.name !== 'len' && value.name !== 'count' && isHeldSigned(value.parameters[0]!)
    default:
      return isSigned(value.type)
  }
}
