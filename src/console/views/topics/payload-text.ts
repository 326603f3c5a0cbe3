// A payload in its forms: which of them it has, and its text in each. What it is at first sight: JSON, text, CBOR, or bytes.
// Pure; text from the network is made visible (worker/visible-text.ts) before it is shown.

import { cborText } from '../../../print/cbor.ts'
import { textOf } from '../../worker/glance.ts'
import { DOT, dotsOf } from '../../worker/payload-mask.ts'
import { visibleText } from '../../worker/visible-text.ts'
import { jsonLines, lineText } from './json-lines.ts'

export type PayloadForm = 'json' | 'text' | 'hex' | 'cbor'

/** Bytes on a line of the hexadecimal form. */
export type PerLine = 8 | 16
/** Characters before the digits of a line. */
const OFFSET = 6
/** CBOR is tried only if it can be more than one small number by chance. */
const LEAST_CBOR = 3

/** The form to begin with. A payload that is cut cannot be read as JSON or CBOR. */
export function formOf(payload: Uint8Array, isWhole: boolean): PayloadForm {
  const text = textOf(payload)
  if (text === null) return isWhole && payload.length >= LEAST_CBOR && cborText(payload) !== null ? 'cbor' : 'hex'
  const first = text.trimStart()[0]
  return isWhole && (first === '{' || first === '[') && jsonLines(text) !== null ? 'json' : 'text'
}

/** The lines of a payload in a form; null = it has none. */
export function linesOf(payload: Uint8Array, form: PayloadForm, perLine: PerLine = 16): string[] | null {
  switch (form) {
    case 'hex':
      return hexLines(payload, perLine)
    case 'cbor': {
      const text = cborText(payload)
      return text === null ? null : [visibleText(text)]
    }
    case 'text':
      return textOf(payload) === null ? null : visibleText(textOf(payload)!).split('\n')
    case 'json': {
      const text = textOf(payload)
      return text === null ? null : (jsonLines(text)?.map((line) => visibleText(lineText(line))) ?? null)
    }
  }
}

/** The payload as dots: of text a dot for each character, of bytes two for each. */
export function maskedLines(payload: Uint8Array, form: PayloadForm, perLine: PerLine = 16): string[] {
  const text = form === 'text' ? textOf(payload) : null
  if (text !== null) return dotsOf(text).split('\n')
  return hexLines(payload, perLine).map((line) => line.slice(0, OFFSET) + line.slice(OFFSET).replace(/\S/gu, DOT))
}

/** `0010  00 4d …  .M…` */
export function hexLines(payload: Uint8Array, perLine: PerLine = 16): string[] {
  const lines: string[] = []
  for (let at = 0; at < payload.length; at += perLine) {
    const part = payload.subarray(at, at + perLine)
    const digits = Array.from(part, (byte) => byte.toString(16).padStart(2, '0'))
    const left = digits.slice(0, 8).join(' ').padEnd(23)
    const hex = perLine === 8 ? left : `${left}  ${digits.slice(8).join(' ').padEnd(23)}`
    lines.push(
      `${at.toString(16).padStart(4, '0')}  ${hex}  ${Array.from(part, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('')}`,
    )
  }
  return lines
}
