// Looks up a filter's names, gives every value its type and refuses what does not fit together, as tshark 4.0 does.
// Constants take the type of what stands on their left; so the left side of a relation cannot be one.

import { nearestName } from '../base/nearest-name.ts'
import { FIELDS, type Field, type FieldType, fieldsNamed } from '../dissect/field.ts'
import { type Constant, constantOfCharacter, constantOfString, constantOfWord, type Wanted } from './constants.ts'
import { FilterError } from './filter-error.ts'
import { FUNCTIONS, isFunction } from './functions.ts'
import { compilePattern } from './pattern.ts'
import type { ComparisonOperator, Place, Quantifier, SetElement, Test, Value } from './syntax.ts'
import { type Mode, namesOf, type Relation, type TypedElement, type TypedTest, type TypedValue } from './typed.ts'
import { areComparable, isInteger, largest, TYPES } from './types.ts'

/** What a comparison sign asks: a relation, and of how many pairs. */
const OPERATORS: Readonly<Record<ComparisonOperator, readonly [Relation, Mode]>> = {
  '==': ['==', 'any'],
  '!=': ['!=', 'all'],
  '===': ['==', 'all'],
  '!==': ['!=', 'any'],
  '<': ['<', 'any'],
  '<=': ['<=', 'any'],
  '>': ['>', 'any'],
  '>=': ['>=', 'any'],
}

/** Types a parsed filter. Throws FilterError. */
export function checkTest(test: Test): TypedTest {
  switch (test.kind) {
    case 'and':
    case 'or':
      return { kind: test.kind, left: checkTest(test.left), right: checkTest(test.right) }
    case 'not':
      return { kind: 'not', of: checkTest(test.of) }
    case 'exists':
      return { kind: 'exists', value: checkExistence(test.value) }
    case 'comparison':
      return checkComparisons(test.values, test.operators, test.quantifier)
    case 'contains':
      return checkContains(test.left, test.right, test.quantifier ?? 'any')
    case 'matches':
      return checkMatches(test.left, test.right, test.quantifier ?? 'any')
    case 'in': {
      // `not in` asks of any value whatever the quantifier says
      const membership = checkSet(test.left, test.elements, test.isNegated ? 'any' : (test.quantifier ?? 'any'))
      return test.isNegated ? { kind: 'not', of: membership } : membership
    }
  }
}

function checkExistence(value: Value): TypedValue {
  if (value.kind === 'call') throw new FilterError(`whether the function ${value.name} is there cannot be asked; compare it with something`, value)
  const typed = checkValue(value, null)
  if (typed.kind === 'nothing') throw new FilterError('a reference is neither a field nor a protocol; compare a field with it', value)
  return typed
}

/** `a < b < c` is `a < b` and `b < c`; a quantifier belongs to the last one. */
function checkComparisons(values: readonly Value[], operators: readonly ComparisonOperator[], quantifier: Quantifier): TypedTest {
  const tests = operators.map((operator, i) => {
    const [relation, mode] = OPERATORS[operator]
    const isLast = i === operators.length - 1
    return checkComparison(values[i]!, values[i + 1]!, operator, relation, isLast ? (quantifier ?? mode) : mode)
  })
  return tests.reduce((left, right) => ({ kind: 'and', left, right }))
}

function checkComparison(leftSide: Value, rightSide: Value, operator: string, relation: Relation, mode: Mode): TypedTest {
  const left = checkValue(leftSide, null)
  if (left.type === 'none') throw cannot(leftSide, left, `be compared by ${operator}`)
  const right = checkValue(rightSide, wantedBy(left, false))
  return { kind: 'comparison', mode, relation, ...alike(left, right, leftSide, rightSide) }
}

function checkContains(leftSide: Value, rightSide: Value, mode: Mode): TypedTest {
  const left = checkValue(leftSide, null)
  if (!TYPES[left.type].canContain) throw cannot(leftSide, left, 'contain anything')
  const right = checkValue(rightSide, wantedBy(left, true))
  return { kind: 'contains', mode, ...alike(left, right, leftSide, rightSide) }
}

function checkMatches(leftSide: Value, pattern: Value, mode: Mode): TypedTest {
  const left = checkValue(leftSide, null)
  if (!TYPES[left.type].canMatch) throw cannot(leftSide, left, 'match a pattern; string() makes a text of a number')
  if (pattern.kind !== 'string') throw new FilterError('matches wants a pattern in double quotes on its right side', pattern)
  return { kind: 'matches', mode, left, pattern: compilePattern(pattern.bytes, pattern) }
}

function checkSet(leftSide: Value, elements: readonly SetElement[], mode: Mode): TypedTest {
  const left = checkValue(leftSide, null)
  if (left.kind !== 'field') throw new FilterError('only a field can be looked for in a set', leftSide)
  if (left.type === 'none') throw cannot(leftSide, left, 'be looked for in a set')
  const check = (side: Value): TypedValue => alike(left, checkValue(side, wantedBy(left, false)), leftSide, side).right
  const typed: TypedElement[] = elements.map(({ low, high }) => ({ low: check(low), high: high === null ? null : check(high) }))
  return { kind: 'in', mode, left, elements: typed }
}

function wantedBy(left: TypedValue, isPart: boolean): Wanted {
  return { type: left.type, names: namesOf(left), isPart }
}

/** Both sides, made bytes where a slice meets what can be sliced. */
function alike(left: TypedValue, right: TypedValue, leftSide: Value, rightSide: Value): { left: TypedValue; right: TypedValue } {
  if (areComparable(left.type, right.type)) return { left, right }
  if (left.kind === 'slice' && isSliceable(right)) return { left, right: { kind: 'bytes', of: right, type: 'bytes' } }
  if (right.kind === 'slice' && isSliceable(left)) return { left: { kind: 'bytes', of: left, type: 'bytes' }, right }
  const [one, other] = [TYPES[left.type].title, TYPES[right.type].title]
  throw new FilterError(`${describe(leftSide)} (${one}) and ${describe(rightSide)} (${other}) are not of compatible types`, rightSide)
}

function isSliceable(value: TypedValue): boolean {
  return TYPES[value.type].canSlice && (value.kind === 'field' || value.kind === 'call')
}

function cannot(side: Value, { type }: TypedValue, what: string): FilterError {
  return new FilterError(`${describe(side)} (${TYPES[type].title}) cannot ${what}`, side)
}

function describe(value: Value): string {
  switch (value.kind) {
    case 'word':
    case 'literal':
      return value.text
    case 'field':
    case 'reference':
      return value.name
    case 'call':
      return `the result of ${value.name}()`
    case 'layer':
    case 'slice':
    case 'sign':
      return describe(value.of)
    default:
      return 'this'
  }
}

/** `wanted` null: no constant can stand here. */
function checkValue(value: Value, wanted: Wanted | null): TypedValue {
  switch (value.kind) {
    case 'word': {
      const fields = knownFields(value.text)
      if (fields.length > 0) return fieldValue(fields)
      return wanted === null ? unknown(value.text, value) : constant(constantOfWord(value.text, wanted, value), wanted.type)
    }
    case 'field': {
      const fields = knownFields(value.name)
      return fields.length > 0 ? fieldValue(fields) : unknown(value.name, value)
    }
    case 'literal':
      return constant(constantOfWord(value.text, needed(wanted, value), value), wanted!.type)
    case 'string':
      return constant(constantOfString(value.bytes, needed(wanted, value), value), wanted!.type)
    case 'character':
      return constant(constantOfCharacter(value.code, needed(wanted, value), value), wanted!.type)
    case 'reference': {
      const [field] = knownFields(value.name.replace(/#.*/, ''))
      if (field === undefined) throw new FilterError(`macro \${${value.name}} does not exist`, value)
      return { kind: 'nothing', type: field.type }
    }
    case 'layer': {
      const of = checkValue(value.of, null)
      if (of.kind !== 'field') throw new FilterError('only a field has layers', value)
      return { ...of, layers: value.ranges }
    }
    case 'slice':
      return checkSlice(value)
    case 'sign':
      return checkSign(value, wanted)
    case 'arithmetic':
      return checkArithmetic(value, wanted)
    case 'call':
      return checkCall(value, wanted)
  }
}

function knownFields(name: string): readonly Field[] {
  // Columns are printed, but no fields
  return name === '' || name.startsWith('_ws.col.') ? [] : fieldsNamed(name)
}

function fieldValue(fields: readonly Field[]): TypedValue & { kind: 'field' } {
  return { kind: 'field', fields, layers: null, type: fields[0]!.type }
}

function constant({ value, prefix }: Constant, type: FieldType): TypedValue {
  return { kind: 'constant', value, prefix, type }
}

function unknown(text: string, place: Place): never {
  if (/^\d/.test(text)) throw new FilterError(`the left side must be a field or a function, not ${text}`, place)
  const names = FIELDS.map(({ name }) => name).filter((name) => !name.startsWith('_ws.col.'))
  const protocol = `${text.split('.', 1)[0]!}.`
  // Below a protocol that exists the name must be wrong, not the protocol
  const kin = text.includes('.') ? names.filter((name) => name.startsWith(protocol)) : []
  throw new FilterError(`unknown field "${text}"`, place, nearestName(text, kin.length > 0 ? kin : names))
}

function needed(wanted: Wanted | null, place: Place): Wanted {
  if (wanted === null) throw new FilterError('the left side must be a field or a function, not a constant', place)
  return wanted
}

function checkSlice(value: Value & { kind: 'slice' }): TypedValue {
  const of = checkValue(value.of, null)
  if (of.kind === 'nothing') throw new FilterError('a reference cannot be sliced', value)
  if (!TYPES[of.type].canSlice) throw cannot(value.of, of, 'be sliced into bytes')
  return { kind: 'slice', of, ranges: value.ranges, type: 'bytes' }
}

function checkSign(value: Value & { kind: 'sign' }, wanted: Wanted | null): TypedValue {
  const of = checkValue(value.of, wanted)
  if (value.operator === '+') return of
  if (!TYPES[of.type].operators.includes('-')) throw cannot(value.of, of, 'be negated')
  if (of.kind === 'constant' && isInteger(of.type) && (of.value as number | bigint) > largest('int64'))
    throw new FilterError(`-${String(of.value)} is less than 64 bits hold`, value)
  return { kind: 'negation', of, type: of.type }
}

function checkArithmetic(value: Value & { kind: 'arithmetic' }, wanted: Wanted | null): TypedValue {
  const { operator } = value
  const left = checkOperand(value.left, wanted, operator)
  const right = checkOperand(value.right, wantedBy(left, false), operator)
  const isBothIntegers = isInteger(left.type) && isInteger(right.type)
  if (!isBothIntegers && TYPES[left.type].class !== TYPES[right.type].class)
    throw new FilterError(`${describe(value.left)} ${operator} ${describe(value.right)}: the types do not fit`, value)
  return { kind: 'arithmetic', operator, left, right, type: left.type }
}

function checkOperand(side: Value, wanted: Wanted | null, operator: string): TypedValue {
  if (side.kind === 'string' || side.kind === 'character') throw new FilterError('a text is no operand', side)
  const typed = checkValue(side, wanted === null ? null : { ...wanted, names: undefined })
  if (!TYPES[typed.type].operators.includes(operator)) throw cannot(side, typed, `take part in ${operator}`)
  return typed
}

function checkCall(value: Value & { kind: 'call' }, wanted: Wanted | null): TypedValue {
  const { name, parameters } = value
  if (!isFunction(name)) throw new FilterError(`unknown function "${name}"`, value, nearestName(name, Object.keys(FUNCTIONS)))
  const rule = FUNCTIONS[name]
  if (parameters.length < rule.fewest) throw new FilterError(`the function ${name} needs a parameter`, value)
  if (parameters.length > rule.most) throw new FilterError(`the function ${name} takes only ${rule.most} parameter`, parameters[rule.most]!)
  const typed: TypedValue[] = []
  for (const side of parameters) {
    const first = typed[0]
    const hint = rule.takesField || rule.most === 1 ? null : first === undefined ? wanted : wantedBy(first, false)
    const parameter = side.kind === 'string' || side.kind === 'character' || side.kind === 'slice' ? null : checkValue(side, hint)
    if (parameter === null || (rule.takesField && parameter.kind !== 'field') || parameter.kind === 'nothing' || !rule.accepts(parameter.type))
      throw new FilterError(`${name}() takes ${rule.wants}`, side)
    if (first !== undefined && first.type !== parameter.type)
      throw new FilterError(`the parameters of ${name}() must have the same type: ${TYPES[first.type].title}, not ${TYPES[parameter.type].title}`, side)
    typed.push(parameter)
  }
  return { kind: 'call', name, parameters: typed, type: rule.result ?? typed[0]!.type }
}
