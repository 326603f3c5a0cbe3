// `zanzara sniff ladder FILE [FILTER]`: the packets of an exchange as a sequence diagram, for terminals, pages and documents.
// What is drawn is analyse/ladder.ts; how, print/ladder-text.ts and ladder-drawing.ts.

import { LadderMaker } from '../analyse/ladder.ts'
import { CONNECTION_FIELDS, MqttConnections } from '../analyse/mqtt/connections.ts'
import { ladderMermaid, ladderSvg } from '../print/ladder-drawing.ts'
import { ladderText } from '../print/ladder-text.ts'
import { SniffExitCode } from './exit-codes.ts'
import { SniffUsageError } from './sniff-arguments.ts'
import { CaptureReading, splitWords, takeFlag } from './sniff-reading.ts'
import type { Terminal } from './terminal.ts'

export const LADDER_HELP = `zanzara sniff ladder draws who said what to whom, in order.

Usage: zanzara sniff ladder FILE [FILTER] [--svg | --mermaid] [--most N] [-d RULE] [--tls-keylog FILE]

      FILTER               a display filter, such as 'mqtt.msgid == 7' or 'tcp.stream == 0'
      --svg                a drawing for web pages
      --mermaid            a sequence diagram for Markdown
      --most N             packets drawn at most; 200 unless given

Examples:
  zanzara sniff ladder lab.pcapng 'tcp.stream == 0'
  zanzara sniff ladder lab.pcapng 'mqtt.topic == "room/1"' --svg > exchange.svg
`

const MOST = 200
const WIDTH = 120

/** Runs the command; throws what sniff.ts explains. */
export async function runLadder(argv: readonly string[], io: Terminal): Promise<number> {
  const { words, flags } = splitWords(argv)
  const rest = [...flags]
  if (takeFlag(rest, '--help', false) !== null || takeFlag(rest, '-h', false) !== null) {
    io.stdout.write(LADDER_HELP)
    await io.stdout.flush()
    return SniffExitCode.Success
  }
  const isSvg = takeFlag(rest, '--svg', false) !== null
  const isMermaid = takeFlag(rest, '--mermaid', false) !== null
  const most = takeFlag(rest, '--most', true) ?? `${MOST}`
  if (!/^[1-9]\d{0,6}$/.test(most)) throw new SniffUsageError(`--most '${most}': a number from 1 on`)
  if (isSvg && isMermaid) throw new SniffUsageError('--svg and --mermaid: give one of them')
  const [file, filter = null, ...more] = words
  if (file === undefined || more.length > 0)
    throw new SniffUsageError("ladder takes a file and at most one filter in quotes: 'zanzara sniff ladder FILE [FILTER]'")
  const maker = new LadderMaker(Number(most))
  const connections = new MqttConnections([maker])
  const damage = await new CaptureReading(file, filter, rest, io).read(CONNECTION_FIELDS, (packet, isAsked) => connections.frame(packet, isAsked))
  const ladder = maker.finish()
  const width = Number(io.env['COLUMNS'] ?? WIDTH) || WIDTH
  io.stdout.write(isSvg ? ladderSvg(ladder) : isMermaid ? ladderMermaid(ladder) : `${ladderText(ladder, width).join('\n')}\n`)
  await io.stdout.flush()
  if (damage === null) return SniffExitCode.Success
  io.stderr.write(`zanzara sniff: ${file}: ${damage}\n`)
  await io.stderr.flush()
  return SniffExitCode.Failure
}
