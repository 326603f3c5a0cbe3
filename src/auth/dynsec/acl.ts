// One rule of a role: what it is about, and which topics or filters it covers.
// Which rule decides is decide.ts' affair.

/** What a rule may be about, in the order in which a role shows them. */
export const ACL_TYPES = [
  'publishClientSend',
  'publishClientReceive',
  'subscribeLiteral',
  'subscribePattern',
  'unsubscribeLiteral',
  'unsubscribePattern',
] as const
export type AclType = (typeof ACL_TYPES)[number]

/** What a client may ask for; literal and pattern are two ways of answering. */
export const ACCESS_TYPES = ['publishClientSend', 'publishClientReceive', 'subscribe', 'unsubscribe'] as const
export type AccessType = (typeof ACCESS_TYPES)[number]

/** Whom a decision is about. */
export interface AclNames {
  readonly clientId: string
  readonly userName: string | null
}

/** A level of a pattern: text, or a wildcard. */
type Level = string | typeof ANY | typeof REST
const ANY = Symbol('+')
const REST = Symbol('#')

export class Acl {
  readonly type: AclType
  readonly topic: string
  readonly priority: number
  readonly allow: boolean
  readonly #levels: readonly Level[]
  /** %u and %c stand for names: null when there are none. */
  readonly #named: { readonly user: boolean; readonly client: boolean } | null

  constructor(type: AclType, topic: string, priority: number, allow: boolean) {
    this.type = type
    this.topic = topic
    this.priority = priority
    this.allow = allow
    this.#levels = topic.split('/').map(levelOf)
    this.#named = type.endsWith('Literal') || !/%[cu]/.test(topic) ? null : { user: topic.includes('%u'), client: topic.includes('%c') }
  }

  /** Does this Topic Name match? */
  matches(topicName: string, names: AclNames): boolean {
    const levels = this.#levelsFor(names)
    if (levels === null || hidden(levels[0]!, topicName)) return false
    const parts = topicName.split('/')
    for (const [i, level] of levels.entries()) {
      if (level === REST) return true
      if (i === parts.length || (level !== ANY && level !== parts[i])) return false
    }
    return parts.length === levels.length
  }

  /** Is every topic that this Topic Filter can match within the rule? A literal rule covers its own text only. */
  covers(topicFilter: string, names: AclNames): boolean {
    if (this.type.endsWith('Literal')) return this.topic === topicFilter
    const levels = this.#levelsFor(names)
    if (levels === null || (levels[0] === REST && topicFilter.startsWith('$'))) return false
    const parts = topicFilter.split('/')
    for (const [i, level] of levels.entries()) {
      if (level === REST) return true
      const part = parts[i]
      if (part === undefined || part === '#' || (level !== ANY && level !== part)) return false
    }
    return parts.length === levels.length
  }

  /**
   * With names in place of %u and %c, as text: a wildcard in a name is none. A name that is empty, or has a wildcard or slash, never makes a rule
   * allow anything; null when the rule says nothing about this client.
   */
  #levelsFor({ clientId, userName }: AclNames): readonly Level[] | null {
    const named = this.#named
    if (named === null) return this.#levels
    if (named.user && userName === null) return null
    if (this.allow && ((named.user && isUnfit(userName!)) || (named.client && isUnfit(clientId)))) return null
    const filled = (level: string): string => level.replace(/%[cu]/g, (which) => (which === '%c' ? clientId : userName!))
    return this.#levels.flatMap((level): Level[] => (typeof level === 'string' ? filled(level).split('/') : [level]))
  }
}

function levelOf(text: string): Level {
  return text === '+' ? ANY : text === '#' ? REST : text
}

/** Topics that begin with $ are not meant by a wildcard in the first level [MQTT-4.7.2-1]. */
function hidden(first: Level, topic: string): boolean {
  return typeof first !== 'string' && topic.startsWith('$')
}

function isUnfit(name: string): boolean {
  return name === '' || /[+#/\0]/.test(name)
}
