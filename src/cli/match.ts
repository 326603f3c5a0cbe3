// `zanzara match FILTER TOPIC…`: does a Topic Filter match these Topic Names, and if not, where do they part? [MQTT-4.7]
// Exit codes as grep's: 0 all match, 1 some do not, 2 wrong arguments.

import { explainMatch, isTopicFilter, isTopicName, type MatchExplanation } from '../wire/mqtt/topics.ts'
import { MatchExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const HELP = `zanzara match says whether a Topic Filter matches Topic Names.

Usage: zanzara match FILTER TOPIC [TOPIC…] [OPTION…]

  -v, --verbose    also say at which level the answer was found, and why
  --json           one JSON object a line: filter, topic, matches, level, reason
  --               what follows is no option, even if it begins with a dash
  --help           this text

In a filter, + stands for one whole level and # at the end for all levels from there on, including none.
Exit code: 0 all match, 1 some do not, 2 wrong arguments.

Examples:
  zanzara match 'deib/+/temperature' deib/eg1/temperature deib/L26/room.1/temperature
  zanzara match -v 'deib/eg1/#' deib/eg1 deib/eg1/humidity deib/L26.1
  zanzara match '#' '$SYS/broker/uptime'
  zanzara match '$share/group/a/+' a/b
`

interface MatchArguments {
  readonly verbose: boolean
  readonly json: boolean
  readonly filter: string
  readonly topics: readonly string[]
}

/** Runs the command; returns its exit code. */
export async function runMatch(argv: readonly string[], io: Terminal): Promise<number> {
  const asked = readArguments(argv)
  if (asked === 'help') {
    io.stdout.write(HELP)
    await io.stdout.flush()
    return MatchExitCode.AllMatch
  }
  if (typeof asked === 'string') {
    io.stderr.write(`Error: ${asked}\n\nUse 'zanzara match --help' to see usage.\n`)
    await io.stderr.flush()
    return MatchExitCode.Usage
  }
  const answers = asked.topics.map((topic) => explainMatch(asked.filter, topic))
  io.stdout.write(asked.json ? jsonLines(asked, answers) : textLines(asked, answers))
  await io.stdout.flush()
  return answers.every((answer) => answer.matches) ? MatchExitCode.AllMatch : MatchExitCode.SomeDoNot
}

/** A text other than `help` is what is wrong. */
function readArguments(argv: readonly string[]): MatchArguments | string {
  let verbose = false
  let json = false
  let options = true
  const words: string[] = []
  for (const word of argv) {
    if (!options || !word.startsWith('-')) words.push(word)
    else if (word === '--') options = false
    else if (word === '-v' || word === '--verbose') verbose = true
    else if (word === '--json') json = true
    else if (word === '--help' || word === '-h') return 'help'
    else return `Unknown option '${word}'.`
  }
  const [filter, ...topics] = words
  if (filter === undefined) return 'Give a Topic Filter and at least one Topic Name.'
  if (!isTopicFilter(filter)) return `Invalid Topic Filter '${filter}': ${filterFault(filter)}`
  if (topics.length === 0) return `Give at least one Topic Name to compare with '${filter}'.`
  for (const topic of topics) if (!isTopicName(topic)) return `Invalid Topic Name '${topic}': ${nameFault(topic)}`
  return { verbose, json, filter, topics }
}

function filterFault(filter: string): string {
  if (filter === '') return 'it needs at least one character.'
  if (filter.startsWith('$share/')) return 'a shared one is $share/NAME/FILTER, with a name without wildcards and a correct filter.'
  if (/#./s.test(filter) || /[^/]#/.test(filter)) return '# stands alone in the last level, as in a/#.'
  if (/[^/]\+|\+[^/]/.test(filter)) return '+ stands for a whole level, as in a/+/b.'
  return 'it is too long, or holds a character that MQTT does not allow.'
}

function nameFault(topic: string): string {
  if (topic === '') return 'it needs at least one character.'
  if (/[+#]/.test(topic)) return 'names have no wildcards; the filter comes first.'
  return 'it is too long, or holds a character that MQTT does not allow.'
}

function textLines({ verbose, topics }: MatchArguments, answers: readonly MatchExplanation[]): string {
  const width = Math.max(...topics.map((topic) => topic.length))
  let text = ''
  for (const [i, { matches, level, reason }] of answers.entries()) {
    const line = `${matches ? 'YES' : 'NO '}  ${topics[i]!}`
    text += verbose ? `${line.padEnd(width + 5)}  level ${level}: ${reason}\n` : `${line}\n`
  }
  return text
}

function jsonLines({ filter, topics }: MatchArguments, answers: readonly MatchExplanation[]): string {
  return answers
    .map((answer, i) => `${JSON.stringify({ filter, topic: topics[i]!, matches: answer.matches, level: answer.level, reason: answer.reason })}\n`)
    .join('')
}
