// Arithmetic on values as tshark 4.0 does it: integers in 32 or 64 bits by the left side's type, null where a result does not fit.
// An unsigned difference below 0 is held with a sign from then on; a negative right side of an unsigned left one counts as its bits.

import type { FieldType } from '../dissect/field.ts'
import type { GivenValue } from '../dissect/rows.ts'
import { normal } from './constants.ts'
import type { ArithmeticOperator } from './syntax.ts'
import { isInteger, isWide } from './types.ts'

export type Operation = (a: GivenValue, b: GivenValue) => GivenValue | null

/** `isSigned`: the left side is held with a sign. */
export function operation(operator: ArithmeticOperator, type: FieldType, isSigned: boolean): Operation {
  if (isInteger(type)) {
    const bits = isWide(type) ? 64 : 32
    return (a, b) => integerResult(operator, a as number | bigint, b as number | bigint, bits, isSigned)
  }
  if (type === 'double') return (a, b) => doubleResult(operator, a as number, b as number)
  if (type === 'relative_time')
    return operator === '+' ? (a, b) => BigInt(a as bigint) + BigInt(b as bigint) : (a, b) => BigInt(a as bigint) - BigInt(b as bigint)
  if (type === 'ipv4') return (a, b) => ((a as number) & (b as number)) >>> 0
  return (a, b) => commonBytes(a as Uint8Array, b as Uint8Array)
}

/** Minus before a value. */
export function negated(type: FieldType, value: GivenValue): GivenValue | null {
  if (!isInteger(type)) return typeof value === 'number' ? 0 - value : -(value as bigint)
  if ((value as number | bigint) > (isWide(type) ? 0x7fff_ffff_ffff_ffffn : 0x7fff_ffff)) return null
  return typeof value === 'number' ? 0 - value : -(value as bigint)
}

function integerResult(operator: ArithmeticOperator, a: number | bigint, b: number | bigint, bits: number, isSigned: boolean): number | bigint | null {
  const isHeldSigned = isSigned || a < 0
  const left = BigInt(a)
  const right = isHeldSigned ? BigInt.asIntN(bits, BigInt(b)) : BigInt.asUintN(bits, BigInt(b))
  const mostSigned = (1n << BigInt(bits - 1)) - 1n
  if (!isHeldSigned && operator === '-' && left < right) return right > mostSigned ? null : normal(left - right)
  const result = resultOf(operator, left, right)
  if (result === null) return null
  const [least, most] = isHeldSigned ? [-mostSigned - 1n, mostSigned] : [0n, 2n * mostSigned + 1n]
  return result < least || result > most ? null : normal(result)
}

function resultOf(operator: ArithmeticOperator, a: bigint, b: bigint): bigint | null {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0n ? null : a / b
    case '%':
      return b === 0n ? null : a % b
    case '&':
      return a & b
  }
}

function doubleResult(operator: ArithmeticOperator, a: number, b: number): number | null {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? null : a / b
    default:
      return null
  }
}

/** As long as the shorter one. */
function commonBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.subarray(0, b.length).map((byte, i) => byte & b[i]!)
}
