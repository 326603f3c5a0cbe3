// `zanzara acl check`: may this client publish, subscribe to or receive that topic, and which line of which file decides?
// The rules are judged by the broker's own code: auth/acl-file.ts and broker/reserved-topics.ts.

import { AccessFileError, shown } from '../auth/access-file.ts'
import { AclFile } from '../auth/acl-file.ts'
import { isReservedTopic } from '../broker/reserved-topics.ts'
import { ConfigError } from '../config/configuration.ts'
import { readConfiguration } from '../config/parse.ts'
import { isTopicFilter, isTopicName } from '../wire/mqtt/topics.ts'
import { AclExitCode } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

const HELP = `zanzara acl check says whether a client may publish, receive or subscribe to a topic, and which line decides.

Usage: zanzara acl check --acl FILE [OPTION…] ACTION TOPIC
       zanzara acl check --config FILE [OPTION…] ACTION TOPIC

ACTION is one of
  publish      may the client publish to TOPIC?
  deliver      may messages with TOPIC be sent to the client?
  subscribe    may it subscribe to the filter TOPIC?

  --acl FILE       an ACL file
  --config FILE    a mosquitto.conf; its acl_file is asked
  --port N         with --config: the listener that the client comes in by, if their ACL files differ
  --user NAME      the client's user name; none = a client without one
  --client ID      the client's Client Identifier
  --json           one JSON object: allowed, action, topic, user, client, rule (file, line, text), reason
  --               what follows is no option, even if it begins with a dash
  --help           this text

Exit code: 0 allowed, 1 denied, 2 wrong arguments or an unusable file.

Examples:
  zanzara acl check --acl aclfile --user ann --client c1 publish deib/eg1/temperature
  zanzara acl check --acl aclfile --client c1 deliver '$SYS/broker/uptime'
  zanzara acl check --config mosquitto.conf --user ann --client c1 subscribe '#'
`

const VALUES: ReadonlySet<string> = new Set(['--acl', '--config', '--port', '--user', '--client'])
const ACTIONS = ['publish', 'subscribe', 'deliver'] as const
type Action = (typeof ACTIONS)[number]

interface AclQuestion {
  readonly aclPath: string | null
  readonly configPath: string | null
  /** Null = any listener. */
  readonly port: number | null
  readonly userName: string | null
  readonly clientId: string
  readonly action: Action
  readonly topic: string
  readonly json: boolean
}

interface AclAnswer {
  readonly allowed: boolean
  readonly rule: { readonly file: string; readonly line: number; readonly text: string } | null
  readonly reason: string
}

/** Runs the command; returns its exit code. */
export async function runAcl(argv: readonly string[], terminal: Terminal): Promise<number> {
  const exitCode = answerTo(argv, terminal)
  await terminal.stdout.flush()
  await terminal.stderr.flush()
  return exitCode
}

function answerTo(argv: readonly string[], terminal: Terminal): number {
  const question = readQuestion(argv)
  if (question === 'help') {
    terminal.stdout.write(HELP)
    return AclExitCode.Allowed
  }
  if (typeof question === 'string') {
    terminal.stderr.write(`Error: ${question}\n\nUse 'zanzara acl --help' to see usage.\n`)
    return AclExitCode.Usage
  }
  try {
    const answer = judge(question)
    terminal.stdout.write(question.json ? jsonLine(question, answer) : textLines(answer))
    return answer.allowed ? AclExitCode.Allowed : AclExitCode.Denied
  } catch (error) {
    if (error instanceof AccessFileError) terminal.stderr.write(`${error.logLines.join('\n')}\n`)
    else if (error instanceof ConfigError) {
      terminal.stderr.write(`Error: ${error.message}\n${error.line > 0 ? `Error found at ${error.file}:${error.line}.\n` : ''}`)
    } else throw error
    return AclExitCode.Usage
  }
}

/** A text other than `help` is what is wrong. */
function readQuestion(argv: readonly string[]): AclQuestion | string {
  const values: { acl?: string; config?: string; port?: string; user?: string; client?: string } = {}
  let json = false
  let options = true
  const words: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!
    if (!options || !word.startsWith('-')) words.push(word)
    else if (word === '--') options = false
    else if (word === '--help' || word === '-h') return 'help'
    else if (word === '--json') json = true
    else if (VALUES.has(word)) {
      const value = argv[++at]
      if (value === undefined) return `${word} needs a value.`
      values[word.slice(2) as keyof typeof values] = value
    } else return `Unknown option '${shown(word)}'.`
  }
  const [command, action, topic, ...more] = words
  if (command !== 'check')
    return command === undefined ? "Say what to do: 'zanzara acl check'." : `Unknown word '${shown(command)}'; there is 'zanzara acl check'.`
  if (!isAction(action)) return `${action === undefined ? 'Give an action' : `Unknown action '${shown(action)}'`}: publish, subscribe or deliver.`
  if (topic === undefined) return 'Give a topic.'
  if (more.length > 0) return `One topic at a time: '${shown(more[0]!)}' is too many.`
  if ((values.acl === undefined) === (values.config === undefined)) return 'Give either --acl FILE or --config FILE.'
  if (values.port !== undefined && (values.config === undefined || !/^\d{1,5}$/.test(values.port))) return '--port takes a number, and goes with --config.'
  if (values.client === undefined) return 'Give --client ID: patterns with %c depend on it.'
  if (action === 'subscribe' ? !isTopicFilter(topic) : !isTopicName(topic)) {
    return action === 'subscribe'
      ? `Invalid Topic Filter '${shown(topic)}'.`
      : `Invalid Topic Name '${shown(topic)}': names are not empty and have no wildcards.`
  }
  return {
    aclPath: values.acl ?? null,
    configPath: values.config ?? null,
    port: values.port === undefined ? null : Number(values.port),
    userName: values.user ?? null,
    clientId: values.client,
    action,
    topic,
    json,
  }
}

function isAction(word: string | undefined): word is Action {
  return ACTIONS.some((action) => action === word)
}

/** @throws AccessFileError, ConfigError */
function judge({ aclPath, configPath, port, userName, clientId, action, topic }: AclQuestion): AclAnswer {
  const configuration: AclConfiguration | null = configPath === null ? null : readConfiguration(configPath)
  const path = configuration === null ? aclPath : aclFileOf(configuration, port)
  const aclFile = path === null ? null : new AclFile(path, { owner: null })
  const withoutRule = (allowed: boolean, reason: string): AclAnswer => ({ allowed, rule: null, reason })
  if (action === 'publish' && isReservedTopic(topic)) {
    return withoutRule(false, 'the broker itself lets no client publish to $SYS, $CONTROL and $share, whatever the rules say')
  }
  if (aclFile === null && action === 'deliver' && configuration?.sysAcl === 'admin' && /^\$SYS(\/|$)/.test(topic)) {
    return withoutRule(false, 'sys_acl admin: $SYS is for those whom an ACL file names, and there is no acl_file')
  }
  if (aclFile === null) return withoutRule(true, 'the configuration has no acl_file: everything is allowed that the broker itself does not forbid')
  if (action === 'subscribe') return withoutRule(true, 'an ACL file never refuses SUBSCRIBE; what may not be read is not delivered: ask with deliver')
  const { allowed, rule, reason } = aclFile.explain(userName, clientId, action === 'publish' ? 'write' : 'read', topic)
  return { allowed, rule: rule === null ? null : { file: aclFile.path, line: rule.line, text: rule.text }, reason }
}

/** The part of a configuration that the question depends on. */
export interface AclConfiguration {
  readonly aclFile?: string | null
  readonly sysAcl?: string
  readonly listeners: readonly { readonly port: number; readonly aclFile?: string | null }[]
}

/** The ACL file for clients of the listener with this port (null = any); null when there is none. @throws ConfigError when that is not one answer */
export function aclFileOf({ aclFile = null, listeners }: AclConfiguration, port: number | null): string | null {
  const asked = listeners.filter((listener) => port === null || listener.port === port)
  if (port !== null && asked.length === 0) throw new ConfigError(`The configuration has no listener with port ${port}.`)
  const files = new Set(asked.length === 0 ? [aclFile] : asked.map((listener) => listener.aclFile ?? aclFile))
  if (files.size > 1)
    throw new ConfigError(`The listeners have different ACL files. Say by --port which one: ${asked.map((listener) => listener.port).join(', ')}.`)
  const [file = null] = files
  return file
}

function textLines({ allowed, rule, reason }: AclAnswer): string {
  const where = rule === null ? '' : `rule    ${rule.file}:${rule.line}: ${shown(rule.text)}\n`
  return `${allowed ? 'allowed' : 'denied'}\n${where}reason  ${shown(reason)}\n`
}

function jsonLine({ action, topic, userName, clientId }: AclQuestion, { allowed, rule, reason }: AclAnswer): string {
  return `${JSON.stringify({ allowed, action, topic, user: userName, client: clientId, rule, reason })}\n`
}
