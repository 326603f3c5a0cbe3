// The text of a parsed filter, with no brackets but the needed ones: parsing it gives the same tree.
// For messages, for tests, and for programs that put filters together.

import type { ArithmeticOperator, Range, SetElement, Test, Value } from './syntax.ts'

const LEVEL: Readonly<Record<ArithmeticOperator, number>> = { '&': 1, '+': 2, '-': 2, '*': 3, '/': 3, '%': 3 }

/** A filter that means the same test. */
export function printTest(test: Test): string {
  switch (test.kind) {
    case 'or':
      return `${printTest(test.left)} or ${bracketed(test.right, test.right.kind === 'or')}`
    case 'and':
      return `${bracketed(test.left, test.left.kind === 'or')} and ${bracketed(test.right, test.right.kind === 'or' || test.right.kind === 'and')}`
    case 'not':
      return `not ${bracketed(test.of, test.of.kind === 'or' || test.of.kind === 'and')}`
    case 'exists':
      return printValue(test.value)
    case 'comparison':
      return quantified(test, test.values.map((value, i) => (i === 0 ? '' : ` ${test.operators[i - 1]!} `) + printValue(value)).join(''))
    case 'contains':
    case 'matches':
      return quantified(test, `${printValue(test.left)} ${test.kind} ${printValue(test.right)}`)
    case 'in':
      return quantified(test, `${printValue(test.left)} ${test.isNegated ? 'not ' : ''}in {${test.elements.map(printElement).join(', ')}}`)
  }
}

function bracketed(test: Test, isNeeded: boolean): string {
  return isNeeded ? `(${printTest(test)})` : printTest(test)
}

function quantified(test: { readonly quantifier: string | null }, text: string): string {
  return test.quantifier === null ? text : `${test.quantifier} ${text}`
}

function printElement({ low, high }: SetElement): string {
  return high === null ? printValue(low) : `${printValue(low)} .. ${printValue(high)}`
}

function printValue(value: Value): string {
  switch (value.kind) {
    case 'word':
    case 'literal':
      return value.text
    case 'field':
      return `.${value.name}`
    case 'string':
      return `"${value.bytes.replace(/[^ -~]|["\\]/g, escaped)}"`
    case 'character':
      return `'${String.fromCharCode(value.code).replace(/[^ -~]|['\\]/g, escaped)}'`
    case 'reference':
      return `\${${value.name}}`
    case 'layer':
      return `${printValue(value.of)}#[${value.ranges.map(printRange).join(',')}]`
    case 'slice':
      return `${printValue(value.of)}[${value.ranges.map(printRange).join(',')}]`
    case 'call':
      return `${value.name}(${value.parameters.map(printValue).join(', ')})`
    case 'sign':
      return value.operator + printValue(value.of)
    case 'arithmetic': {
      const level = LEVEL[value.operator]
      return `${factor(value.left, level)} ${value.operator} ${factor(value.right, level + 1)}`
    }
  }
}

function factor(value: Value, level: number): string {
  return value.kind === 'arithmetic' && LEVEL[value.operator] < level ? `{${printValue(value)}}` : printValue(value)
}

function printRange({ start, length }: Range): string {
  return length === null ? `${start}:` : `${start}:${length}`
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}
