// `ctrl broker`: what a broker with `enable_control_api true` tells of itself.
// Rows only; who answers is server/broker-control.ts, or Mosquitto 2.1.

import { isTrue, type JsonObject, member, objectsMember, textMember } from '../../auth/dynsec/members.ts'
import { type ControlCommand, column } from './control-command.ts'

export const BROKER_COMMANDS: readonly ControlCommand[] = [
  {
    name: 'listListeners',
    usage: '',
    help: 'where the broker listens, and how',
    words: [0, 0],
    request: () => ({}),
    show: (data) => objectsMember(data, 'listeners').flatMap((listener, i) => [`Listener ${i + 1}:`, ...listenerLines(listener)]),
  },
  {
    name: 'listPlugins',
    usage: '',
    help: 'the plugins that are in force, and their control topics',
    words: [0, 0],
    request: () => ({}),
    show: (data) => objectsMember(data, 'plugins').flatMap(pluginLines),
  },
]

function listenerLines(listener: JsonObject): string[] {
  const port = member(listener, 'port')
  return [
    ...(typeof port === 'number' && port > 0 ? [`  Port:              ${port}`] : []),
    ...column('  Socket path:', 21, texts(listener, 'socket-path')),
    ...column('  Bind address:', 21, texts(listener, 'bind-address')),
    ...column('  Protocol:', 21, texts(listener, 'protocol')),
    `  TLS:               ${isTrue(listener, 'tls')}`,
    '',
  ]
}

function pluginLines(plugin: JsonObject): string[] {
  const topics = member(plugin, 'control-endpoints')
  const list = Array.isArray(topics) ? topics.filter((topic) => typeof topic === 'string') : []
  return [`Plugin:            ${textMember(plugin, 'name') ?? ''}`, ...column('Control endpoints:', 19, list)]
}

function texts(object: JsonObject, key: string): string[] {
  const value = textMember(object, key)
  return value === null ? [] : [value]
}
