// Display filters: Wireshark's language as tshark 4.0 speaks it, for dissected packets.
// The passes: lexer.ts, parser.ts, check.ts, compile.ts; each refuses what it cannot accept with a FilterError.

import { checkTest } from './check.ts'
import { compileTest, type Run } from './compile.ts'
import { parseFilter } from './parser.ts'
import { type LayeredPacket, RowLists } from './row-lists.ts'
import type { TypedTest, TypedValue } from './typed.ts'

export interface Filter {
  readonly text: string
  /** Names of the fields that it reads, each once: what a dissector must not leave out. */
  readonly fields: readonly string[]
  test(packet: LayeredPacket): boolean
}

/**
 * Compiles a filter. An empty one lets all packets pass. Fields of modules that are loaded later are not known to it.
 * @throws FilterError when the text is no filter
 */
export function compileFilter(text: string): Filter {
  if (text.trim() === '') return { text, fields: [], test: () => true }
  const typed = checkTest(parseFilter(text))
  const fields = new Set<string>()
  fieldsOfTest(typed, fields)
  const lists = new RowLists()
  return new CompiledFilter(text, [...fields], lists, compileTest(typed, lists))
}

class CompiledFilter implements Filter {
  readonly text: string
  readonly fields: readonly string[]
  readonly #lists: RowLists
  readonly #run: Run

  constructor(text: string, fields: readonly string[], lists: RowLists, run: Run) {
    this.text = text
    this.fields = fields
    this.#lists = lists
    this.#run = run
  }

  test(packet: LayeredPacket): boolean {
    this.#lists.collect(packet)
    return this.#run()
  }
}

function fieldsOfTest(test: TypedTest, fields: Set<string>): void {
  switch (test.kind) {
    case 'and':
    case 'or':
      fieldsOfTest(test.left, fields)
      fieldsOfTest(test.right, fields)
      break
    case 'not':
      fieldsOfTest(test.of, fields)
      break
    case 'exists':
      fieldsOfValue(test.value, fields)
      break
    case 'in':
      fieldsOfValue(test.left, fields)
      for (const { low, high } of test.elements) {
        fieldsOfValue(low, fields)
        if (high !== null) fieldsOfValue(high, fields)
      }
      break
    case 'matches':
      fieldsOfValue(test.left, fields)
      break
    default:
      fieldsOfValue(test.left, fields)
      fieldsOfValue(test.right, fields)
  }
}

function fieldsOfValue(value: TypedValue, fields: Set<string>): void {
  switch (value.kind) {
    case 'field':
      fields.add(value.fields[0]!.name)
      break
    case 'slice':
    case 'bytes':
    case 'negation':
      fieldsOfValue(value.of, fields)
      break
    case 'arithmetic':
      fieldsOfValue(value.left, fields)
      fieldsOfValue(value.right, fields)
      break
    case 'call':
      for (const parameter of value.parameters) fieldsOfValue(parameter, fields)
  }
}
