// Words of the command line to ClientSettings: option file first, then left to right, then what must fit together.
// Errors come in the order of the words; the rows are in client-options.ts.

import { readOptionFile, readUsualOptionFile } from './client-config.ts'
import { ArgumentError } from './client-errors.ts'
import { findOption, missingArgument, wordsOf } from './client-options.ts'
import { checkProperties } from './client-properties.ts'
import { ClientSettings, NEVER_EXPIRES } from './client-settings.ts'
import type { ClientTool, Terminal } from './terminal.ts'

/** What the words ask for. */
export type ClientArguments = { readonly show: 'settings'; readonly settings: ClientSettings } | { readonly show: 'help' } | { readonly show: 'version' }

/** Reads the words after the tool's name. Throws ArgumentError; reads the option file. */
export function readClientArguments(tool: ClientTool, words: readonly string[], terminal: Terminal): ClientArguments {
  const settings = new ClientSettings(tool)
  const file = optionFile(tool, words)
  for (const line of file === null ? readUsualOptionFile(tool, terminal) : readOptionFile(file)) {
    const asked = readWords(settings, line)
    if (asked !== null) return { show: asked }
  }
  // A payload of the command line takes the place of one in the file; two on the command line are one too many.
  const payload = settings.payload
  settings.payload = null
  const asked = readWords(settings, words)
  if (asked !== null) return { show: asked }
  settings.payload ??= payload
  check(settings)
  return { show: 'settings', settings }
}

/** Applies the words one after the other; stops at --help and --version. */
function readWords(settings: ClientSettings, words: readonly string[]): 'help' | 'version' | null {
  for (let at = 0; at < words.length; ) {
    const flag = words[at++]!
    if (settings.tool === 'ctrl' && !flag.startsWith('-')) {
      settings.words.push(...words.slice(at - 1))
      return null
    }
    if (flag === '--help') return 'help'
    if (flag === '--version') return 'version'
    const option = findOption(settings.tool, flag)
    if (option === null) throw new ArgumentError(`Unknown option '${flag}'.`)
    const rest = words.slice(at)
    const count = wordsOf(option, rest)
    if (count < 0) throw missingArgument(option)
    const [value = '', ...more] = rest.slice(0, count)
    option.set(settings, value, ...more)
    at += count
  }
  return null
}

/** The file of -o; null without one. Words that belong to other flags are passed over. */
function optionFile(tool: ClientTool, words: readonly string[]): string | null {
  let file: string | null = null
  for (let at = 0; at < words.length; ) {
    const flag = words[at++]!
    if (tool === 'ctrl' && !flag.startsWith('-')) break
    const option = findOption(tool, flag)
    if (option === null) continue
    const count = wordsOf(option, words.slice(at))
    if (count < 0) break
    if (flag === '-o') {
      if (file !== null) throw new ArgumentError('Duplicate -o argument given.', 'blank and hint')
      file = words[at]!
    }
    at += count
  }
  return file
}

/** What must fit together, in the order in which Mosquitto looks. */
function check(settings: ClientSettings): void {
  const { tool, will, tls } = settings
  if (will.payload !== null && will.topicName === null) throw new ArgumentError('Will payload given, but no will topic given.')
  if (will.retain && will.topicName === null) throw new ArgumentError('Will retain given, but no will topic given.')
  if ((tls.cert === null) !== (tls.key === null)) throw new ArgumentError('Both certfile and keyfile must be provided if one of them is set.')
  if (tls.keyform !== null && tls.key === null) throw new ArgumentError('If keyform is set, keyfile must be also specified.')
  if (tls.engineKeyPassword !== null && (tls.keyform === null || tls.engine === null)) {
    throw new ArgumentError('when using tls-engine-kpass-sha1, both tls-engine and keyform must also be provided.')
  }
  if (tls.psk !== null && (tls.cafile !== null || tls.capath !== null)) {
    throw new ArgumentError('Only one of --psk or --cafile/--capath may be used at once.')
  }
  if (tls.psk !== null && tls.pskIdentity === null) throw new ArgumentError('--psk-identity required if --psk used.')
  checkSession(settings)
  if (tool === 'sub') {
    if (settings.topics.length === 0 && settings.unsubscribe.length === 0) {
      throw new ArgumentError('You must specify a topic to subscribe to (-t) or unsubscribe from (-U).')
    }
    if (settings.noRetained && settings.retainedOnly) throw new ArgumentError("Combining '-R' and '--retained-only' makes no sense.", 'blank before')
  }
  if (tool === 'pub') {
    if (settings.topics.length === 0 || settings.payload === null) throw new ArgumentError('Both topic and message must be supplied.', 'usage')
  }
  checkProperties(settings)
}

/** A session that is kept needs a name to be found by. */
function checkSession(settings: ClientSettings): void {
  const named = settings.id !== null
  if (settings.version !== 5) {
    if (!settings.cleanStart && !named) throw new ArgumentError('You must provide a client id if you are using the -c option.')
    return
  }
  const { connect, disconnect } = settings.properties
  if (connect?.authenticationData !== undefined && connect.authenticationMethod === undefined) {
    throw new ArgumentError('authentication-data for connect needs an authentication-method.') // [section 3.1.2.11.10]
  }
  if (settings.sessionExpiryInterval !== null && connect?.sessionExpiryInterval !== undefined) settings.propertyFaults.connect ??= 'duplicate'
  if (!settings.cleanStart) settings.sessionExpiryInterval ??= connect?.sessionExpiryInterval ?? NEVER_EXPIRES
  const interval = settings.sessionExpiryInterval ?? connect?.sessionExpiryInterval ?? 0
  if ((disconnect?.sessionExpiryInterval ?? 0) > 0 && interval === 0) {
    // [section 3.14.2.2.2]
    throw new ArgumentError('session-expiry-interval for disconnect needs one for connect: give -x.')
  }
  if (settings.sessionExpiryInterval === NEVER_EXPIRES && !named) {
    throw new ArgumentError('You must provide a client id if you are using an infinite session expiry interval.')
  }
}
