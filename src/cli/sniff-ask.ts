// `zanzara sniff ask FILE QUESTION`: answers about a capture that no display filter gives, as a table or JSON.
// The questions are analyse/ask/.

import { Asking, QUESTIONS } from '../analyse/ask/ask.ts'
import type { Answer } from '../analyse/ask/question.ts'
import { treeEscaped } from '../print/escapes.ts'
import { textTable } from '../print/text-table.ts'
import { SniffExitCode } from './exit-codes.ts'
import { SniffUsageError } from './sniff-arguments.ts'
import { CaptureReading, splitWords, takeFlag } from './sniff-reading.ts'
import type { Terminal } from './terminal.ts'

export const ASK_HELP = `zanzara sniff ask answers questions about a capture that no display filter answers.

Usage: zanzara sniff ask FILE QUESTION [WORD...] [--where FILTER] [--json] [-d RULE] [--tls-keylog FILE]
       zanzara sniff ask --list

      --list               the questions, each in a sentence
      --where FILTER       asks about the packets that pass this display filter; all others are still followed
      --json               the answer as JSON
  -d, -o, --tls-keylog     as for zanzara sniff

MQTT is found on any port and inside WebSocket. FILE may be - for standard input.

Examples:
  zanzara sniff ask lab.pcapng unacked
  zanzara sniff ask lab.pcapng receivers room/1/temperature 250
  zanzara sniff ask lab.pcapng count client qos --where 'mqtt.topic contains "room"'
`

/** Runs the command; throws what sniff.ts explains. */
export async function runAsk(argv: readonly string[], io: Terminal): Promise<number> {
  const { words, flags } = splitWords(argv)
  const rest = [...flags]
  if (takeFlag(rest, '--help', false) !== null || takeFlag(rest, '-h', false) !== null) return await say(io, ASK_HELP)
  if (takeFlag(rest, '--list', false) !== null) return await say(io, listText())
  const isJson = takeFlag(rest, '--json', false) !== null
  const where = takeFlag(rest, '--where', true)
  const [file, name, ...more] = words
  if (file === undefined || name === undefined)
    throw new SniffUsageError("ask takes a file and a question: 'zanzara sniff ask FILE QUESTION' ('zanzara sniff ask --list' explains the questions)")
  const asking = new Asking(name, more)
  const damage = await new CaptureReading(file, where, rest, io).read(asking.fields, (packet, isAsked) => asking.packet(packet, isAsked))
  const answer = asking.answer()
  io.stdout.write(isJson ? jsonText(name, answer, damage) : answerText(answer))
  await io.stdout.flush()
  if (damage === null) return SniffExitCode.Success
  io.stderr.write(`zanzara sniff: ${file}: ${damage}\n`)
  await io.stderr.flush()
  return SniffExitCode.Failure
}

function answerText({ columns, rows, remarks }: Answer): string {
  const heads = columns.map((title, i) => ({
    title,
    isNumber: rows.some((row) => typeof row[i] === 'number') && rows.every((row) => typeof row[i] !== 'string'),
  }))
  const table =
    rows.length === 0
      ? ''
      : textTable(
          '',
          heads,
          rows.map((row) => row.map((cell) => cell ?? '')),
        )
  return `${table.replace(/^\n+/, '')}${table === '' || remarks.length === 0 ? '' : '\n'}${remarks.map((remark) => `${treeEscaped(remark)}\n`).join('')}${rows.length + remarks.length === 0 ? 'nothing found\n' : ''}`
}

/** One object: rows by their columns' names. */
function jsonText(question: string, { columns, rows, remarks }: Answer, damage: string | null): string {
  const named = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null])))
  return `${JSON.stringify({ question, rows: named, remarks, ...(damage === null ? {} : { damage }) }, null, 2)}\n`
}

function listText(): string {
  const heads = QUESTIONS.map(({ name, argument }) => (argument === '' ? name : `${name} ${argument}`))
  const width = Math.max(...heads.map((head) => head.length))
  return QUESTIONS.map(({ meaning }, i) => `${heads[i]!.padEnd(width)}  ${meaning}\n`).join('')
}

async function say(io: Terminal, text: string): Promise<number> {
  io.stdout.write(text)
  await io.stdout.flush()
  return SniffExitCode.Success
}
