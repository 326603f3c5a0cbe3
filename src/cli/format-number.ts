// Numbers as C prints them: `%.*f` for the payload of %f and %d, and the shortest of 15 or 17 digits for numbers in JSON.
// Exact: a double is an integer times a power of two, so its decimal digits are worked out with integers.

/** `%.*f` of printf: rounded half to even. `negative` is the sign of what is no number. */
export function fixedText(value: number, precision: number, negative: boolean): string {
  if (!Number.isFinite(value)) return `${negative ? '-' : ''}${Number.isNaN(value) ? 'nan' : 'inf'}`
  const { mantissa, exponent } = partsOf(value)
  const scaled = mantissa * 10n ** BigInt(precision)
  let digits: string
  if (exponent >= 0) digits = (scaled << BigInt(exponent)).toString()
  else {
    const shift = BigInt(-exponent)
    const whole = scaled >> shift
    const rest = scaled - (whole << shift)
    const half = 1n << (shift - 1n)
    digits = (rest > half || (rest === half && (whole & 1n) === 1n) ? whole + 1n : whole).toString()
  }
  digits = digits.padStart(precision + 1, '0')
  const point = digits.length - precision
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  return precision === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** A number in JSON: 15 digits, 17 if 15 lose more than the last bit; what is no number is null. As Mosquitto's clients have it. */
export function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  if (value === 0) return '0'
  const short = generalText(value, 15)
  const read = Number(short)
  const isNear = Number.isFinite(read) && Math.abs(read - value) <= Math.max(Math.abs(read), Math.abs(value)) * Number.EPSILON
  return isNear ? short : generalText(value, 17)
}

/** `%.*g` of printf. */
function generalText(value: number, digits: number): string {
  const [mantissa = '', power = ''] = value.toExponential(digits - 1).split('e')
  const exponent = Number(power)
  if (exponent >= -4 && exponent < digits) return withoutZeros(value.toFixed(digits - 1 - exponent))
  return `${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** |value| = mantissa × 2^exponent. */
function partsOf(value: number): { readonly mantissa: bigint; readonly exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const fraction = bits & 0xfffffffffffffn
  const biased = Number((bits >> 52n) & 0x7ffn)
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 }
}
