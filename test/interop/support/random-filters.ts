// Display filters made up by chance: every relation, function and slice, with constants that suit the type of the field.
// Some are nonsense on purpose: what one program refuses the other must refuse.

import fc from 'fast-check'
import { FIELDS, type Field, type FieldType } from '../../../src/dissect/field.ts'
import '../../../src/dissect/dissect.ts'

const NUMBER = fc.oneof(fc.nat(8), fc.constantFrom(60, 64, 100, 255, 256, 1883, 65535, 65536)).map((n) => (n % 3 === 0 ? `0x${n.toString(16)}` : `${n}`))
const TEXT = fc.constantFrom('"a"', '"e"', '"sensors"', '"\\x00"', '"MQTT"', '""', "'t'", 'abc')
const BYTES = fc.constantFrom('00', '30:0a', '0x10', '4d515454', '"MQ"', "'M'", '1', 'ff:fe')

function constantOf(type: FieldType): fc.Arbitrary<string> {
  switch (type) {
    case 'protocol':
    case 'bytes':
      return BYTES
    case 'ether':
      return fc.constantFrom('00:00:00:00:00:00', 'ff-ff-ff-ff-ff-ff', '0202.0202.0202')
    case 'ipv4':
      return fc.constantFrom('192.168.100.11', '192.168.0.0/16', '10.0.0.0/8')
    case 'ipv6':
      return fc.constantFrom('::1', 'fe80::/10', '2001:db8::1')
    case 'boolean':
      return fc.constantFrom('0', '1', 'True', 'FALSE', '"Set"')
    case 'string':
    case 'uint_string':
      return TEXT
    case 'absolute_time':
      return fc.constantFrom('"2020-01-01"', '"2038-01-01 00:00:00"')
    case 'relative_time':
      return fc.constantFrom('0', '0.01', '1', '-0.5')
    default:
      return NUMBER
  }
}

const SIGN = fc.constantFrom('==', '!=', '~=', '===', '<', '<=', '>', '>=')
const QUANTIFIER = fc.constantFrom('', '', '', 'any ', 'all ')

function relationOf(field: Field, other: Field): fc.Arbitrary<string> {
  const { name, type } = field
  const constant = constantOf(type)
  return fc.oneof(
    fc.constant(name),
    fc.tuple(QUANTIFIER, SIGN, constant).map(([quantifier, sign, value]) => `${quantifier}${name} ${sign} ${value}`),
    SIGN.map((sign) => `${name} ${sign} ${other.name}`),
    fc.tuple(constant, constant, constant).map(([a, b, c]) => `${name} in {${a}, ${b} .. ${c}}`),
    fc.tuple(fc.constantFrom('+', '-', '*', '/', '%', '&'), constant, SIGN, constant).map(([a, b, sign, c]) => `${name} ${a} ${b} ${sign} ${c}`),
    fc
      .tuple(fc.constantFrom('len', 'count', 'lower', 'string', 'max', 'abs'), SIGN, fc.oneof(NUMBER, constant))
      .map(([f, sign, c]) => `${f}(${name}) ${sign} ${c}`),
    constant.map((value) => `${name} contains ${value}`),
    fc.constantFrom('a', '^.', '\\\\d+', '[^a-z]$', 'T{2}').map((pattern) => `${name} matches "${pattern}"`),
    fc.tuple(fc.constantFrom('0', '1:2', '0-1', '-1:', ':3', '2,0'), SIGN, BYTES).map(([range, sign, value]) => `${name}[${range}] ${sign} ${value}`),
    fc.constantFrom('#1', '#2', '#[-1]', '#[1-2]').map((layer) => `${name}${layer}`),
  )
}

/** One or two relations over the fields whose names match `known` and not `without`. */
export function randomFilter(known: RegExp, without: RegExp): fc.Arbitrary<string> {
  const field = fc.constantFrom(...FIELDS.filter(({ name }) => known.test(name) && !without.test(name)))
  return fc
    .tuple(
      fc.tuple(field, field).chain(([a, b]) => relationOf(a, b)),
      field.chain((a) => relationOf(a, a)),
      fc.constantFrom('', '', '', ' and ', ' or not '),
    )
    .map(([a, b, join]) => (join === '' ? a : a + join + b))
}
