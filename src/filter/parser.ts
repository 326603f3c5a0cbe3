// Makes a tree of a filter's tokens, by recursive descent. Grammar, loosest first:
// test = or of and of not of ( '(' test ')' | relation ); relation = [any|all] value (op value)* | operand contains|matches|in …; value = & of +- of */% of [+-] operand.

import { FilterError } from './filter-error.ts'
import { type Token, tokenize } from './lexer.ts'
import type { ArithmeticOperator, ComparisonOperator, Quantifier, SetElement, Test, Value } from './syntax.ts'

/** Arithmetic, loosest first: `&` lies below `+`, unlike in C. */
const LEVELS: readonly (readonly ArithmeticOperator[])[] = [['&'], ['+', '-'], ['*', '/', '%']]
const COMPARISONS: readonly string[] = ['==', '!=', '===', '!==', '<', '<=', '>', '>=']
/** Brackets and signs may be nested this deep: a filter from a stranger must not exhaust the stack. */
const DEEPEST = 200

/** Parses a filter that is not empty. Throws FilterError. */
export function parseFilter(text: string): Test {
  return new Parser(text).parse()
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokenize(text)
  }

  parse(): Test {
    const test = this.#or()
    if (this.#peek.kind !== 'end') throw this.#unexpected()
    return test
  }

  get #peek(): Token {
    return this.#tokens[this.#at]!
  }

  #take(): Token {
    const token = this.#peek
    if (token.kind !== 'end') this.#at++
    return token
  }

  #isSign(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead]
    return token?.kind === 'sign' && token.text === text
  }

  /** Takes a sign if it is the next token. */
  #takeSign(text: string): boolean {
    const isNext = this.#isSign(text)
    if (isNext) this.#at++
    return isNext
  }

  #expectSign(text: string): Token {
    if (!this.#isSign(text)) throw this.#unexpected()
    return this.#take()
  }

  #unexpected(): FilterError {
    const token = this.#peek
    if (token.kind === 'end') return new FilterError('unexpected end of the filter', token)
    return new FilterError(`"${this.#text.slice(token.start, token.end)}" was unexpected in this context`, token)
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > DEEPEST) throw new FilterError(`nested more than ${DEEPEST} deep`, this.#peek)
    const result = parse()
    this.#depth--
    return result
  }

  #or(): Test {
    let left = this.#and()
    while (this.#takeSign('||')) {
      const right = this.#and()
      left = { kind: 'or', left, right, start: left.start, end: right.end }
    }
    return left
  }

  #and(): Test {
    let left = this.#not()
    while (this.#takeSign('&&')) {
      const right = this.#not()
      left = { kind: 'and', left, right, start: left.start, end: right.end }
    }
    return left
  }

  #not(): Test {
    const { start } = this.#peek
    if (this.#takeSign('!')) {
      const of = this.#nested(() => this.#not())
      return { kind: 'not', of, start, end: of.end }
    }
    if (this.#takeSign('(')) {
      const inner = this.#nested(() => this.#or())
      this.#expectSign(')')
      return inner
    }
    return this.#relation()
  }

  #relation(): Test {
    const { start } = this.#peek
    const quantifier: Quantifier = this.#takeSign('any') ? 'any' : this.#takeSign('all') ? 'all' : null
    const first = this.#at
    const left = this.#value(0)
    if (this.#isOperand(first)) {
      for (const kind of ['contains', 'matches'] as const)
        if (this.#takeSign(kind)) {
          const right = this.#operand()
          return { kind, quantifier, left, right, start, end: right.end }
        }
      const isNegated = this.#isSign('!') && this.#isSign('in', 1)
      if (isNegated) this.#at++
      if (this.#takeSign('in')) return this.#set(left, quantifier, isNegated, start)
    }
    const values = [left]
    const operators: ComparisonOperator[] = []
    for (let operator = this.#comparison(); operator !== null; operator = this.#comparison()) {
      operators.push(operator)
      values.push(this.#value(0))
    }
    const { end } = values.at(-1)!
    if (operators.length > 0) return { kind: 'comparison', quantifier, values, operators, start, end }
    if (quantifier !== null) throw this.#unexpected()
    return { kind: 'exists', value: left, start, end }
  }

  /** Whether the value that began at a token is an operand without signs, brackets or arithmetic around it. */
  #isOperand(first: number): boolean {
    const here = this.#at
    this.#at = first
    const isPlain = !this.#isSign('{') && !this.#isSign('+') && !this.#isSign('-')
    if (isPlain) this.#operand()
    const isWhole = isPlain && this.#at === here
    this.#at = here
    return isWhole
  }

  #comparison(): ComparisonOperator | null {
    const token = this.#peek
    if (token.kind !== 'sign' || !COMPARISONS.includes(token.text)) return null
    this.#at++
    return token.text as ComparisonOperator
  }

  #set(left: Value, quantifier: Quantifier, isNegated: boolean, start: number): Test {
    this.#expectSign('{')
    const elements: SetElement[] = []
    do {
      const low = this.#signedOperand()
      elements.push({ low, high: this.#takeSign('..') ? this.#signedOperand() : null })
    } while (this.#takeSign(','))
    const { end } = this.#expectSign('}')
    return { kind: 'in', quantifier, isNegated, left, elements, start, end }
  }

  /** Arithmetic from a level of LEVELS on. */
  #value(level: number): Value {
    const operators = LEVELS[level]
    if (operators === undefined) return this.#factor()
    let left = this.#value(level + 1)
    for (;;) {
      const operator = operators.find((sign) => this.#isSign(sign))
      if (operator === undefined) return left
      this.#at++
      const right = this.#value(level + 1)
      left = { kind: 'arithmetic', operator, left, right, start: left.start, end: right.end }
    }
  }

  #factor(): Value {
    if (!this.#takeSign('{')) return this.#signedOperand()
    const inner = this.#nested(() => this.#value(0))
    this.#expectSign('}')
    return inner
  }

  #signedOperand(): Value {
    const { start } = this.#peek
    for (const operator of ['+', '-'] as const)
      if (this.#takeSign(operator)) {
        const of = this.#operand()
        return { kind: 'sign', operator, of, start, end: of.end }
      }
    return this.#operand()
  }

  #operand(): Value {
    let value = this.#simple()
    for (;;) {
      const token = this.#peek
      if (token.kind === 'layer' && (value.kind === 'word' || value.kind === 'field')) {
        this.#at++
        value = { kind: 'layer', of: value, ranges: token.ranges, start: value.start, end: token.end }
      } else if (token.kind === 'slice') {
        this.#at++
        value = { kind: 'slice', of: value, ranges: token.ranges, start: value.start, end: token.end }
      } else return value
    }
  }

  #simple(): Value {
    const token = this.#peek
    const { start, end } = token
    switch (token.kind) {
      case 'word':
        this.#at++
        return this.#takeSign('(') ? this.#call(token.text, token.start) : { kind: 'word', text: token.text, start, end }
      case 'field':
        this.#at++
        return { kind: 'field', name: token.text, start, end }
      case 'literal':
        this.#at++
        return { kind: 'literal', text: token.text, start, end }
      case 'string':
        this.#at++
        return { kind: 'string', bytes: token.text, start, end }
      case 'character':
        this.#at++
        return { kind: 'character', code: token.code, start, end }
      case 'reference':
        this.#at++
        return { kind: 'reference', name: token.text, start, end }
      default:
        throw this.#unexpected()
    }
  }

  #call(name: string, start: number): Value {
    const parameters: Value[] = []
    if (!this.#isSign(')'))
      do parameters.push(this.#nested(() => this.#value(0)))
      while (this.#takeSign(','))
    const { end } = this.#expectSign(')')
    return { kind: 'call', name, parameters, start, end }
  }
}
