// Rules of one list of an ACL file as a tree of levels: a check visits what can match the topic, not every rule.
// Knows no users: acl-file.ts keeps one tree for each, and one for patterns.

import type { AclRule } from './acl-rules.ts'

/** Access that can be asked for: `read` = delivery to the client, `write` = its publishing. */
export type AskedAccess = 'read' | 'write'

/** What stands for %c and %u. */
export interface AclNames {
  readonly clientId: string
  readonly userName: string | null
}

/** The first rule that denies and the first that grants; each null when there is none. */
export interface AclMatch {
  readonly deny: AclRule | null
  readonly grant: AclRule | null
}

/** The first rules of a place in the tree, by what they do. */
interface PlaceRules {
  deny: AclRule | null
  read: AclRule | null
  write: AclRule | null
}

/** A level of a pattern with %c or %u in it. */
interface NamedLevel {
  /** As in the file. */
  readonly text: string
  readonly usesUserName: boolean
  readonly usesClientId: boolean
  readonly node: Node
}

interface Node {
  readonly children: Map<string, Node>
  plus: Node | null
  readonly named: Map<string, NamedLevel>
  /** Rules that end here. */
  readonly end: PlaceRules
  /** Rules that end in `#` below here. */
  readonly below: PlaceRules
}

interface Step {
  readonly node: Node
  /** Levels of the topic that lie behind. */
  readonly depth: number
  /** The way here may deny but not grant. */
  readonly onlyDenies: boolean
}

export class AclTree {
  readonly #root: Node = newNode()
  #size = 0

  /** Rules in it. */
  get size(): number {
    return this.#size
  }

  add(rule: AclRule): void {
    this.#size++
    let node = this.#root
    for (const level of rule.filter.split('/')) {
      if (level === '#') {
        put(rule, node.below)
        return
      }
      node = this.#childOf(node, level, rule.kind === 'pattern')
    }
    put(rule, node.end)
  }

  /** What the rules say of a Topic Name without wildcards. */
  match(topicName: string, access: AskedAccess, names: AclNames): AclMatch {
    const levels = topicName.split('/')
    const found: { deny: AclRule | null; grant: AclRule | null } = { deny: null, grant: null }
    const take = (rules: PlaceRules, onlyDenies: boolean): void => {
      found.deny = first(found.deny, rules.deny)
      if (!onlyDenies) found.grant = first(found.grant, rules[access])
    }
    // Names beginning with $ must be asked for by name, not by a wildcard in the first level [MQTT-4.7.2-1].
    const isApart = topicName.startsWith('$')
    const steps: Step[] = [{ node: this.#root, depth: 0, onlyDenies: false }]
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      const { node, depth, onlyDenies } = step
      const isFirst = depth === 0
      if (!(isFirst && isApart)) take(node.below, onlyDenies)
      if (depth === levels.length) {
        take(node.end, onlyDenies)
        continue
      }
      const child = node.children.get(levels[depth]!)
      if (child !== undefined) steps.push({ node: child, depth: depth + 1, onlyDenies })
      if (node.plus !== null && !(isFirst && isApart)) steps.push({ node: node.plus, depth: depth + 1, onlyDenies })
      for (const named of node.named.values()) {
        const next = stepInto(named, levels, depth, names)
        if (next === null) continue
        const mayNotGrant = isFirst && isApart && !named.text.startsWith('$')
        steps.push({ node: named.node, depth: next.depth, onlyDenies: onlyDenies || next.onlyDenies || mayNotGrant })
      }
    }
    return found
  }

  #childOf(node: Node, level: string, isPattern: boolean): Node {
    if (level === '+') return (node.plus ??= newNode())
    if (isPattern && /%[cu]/.test(level)) {
      let named = node.named.get(level)
      if (named === undefined) {
        named = { text: level, usesUserName: level.includes('%u'), usesClientId: level.includes('%c'), node: newNode() }
        node.named.set(level, named)
      }
      return named.node
    }
    let child = node.children.get(level)
    if (child === undefined) node.children.set(level, (child = newNode()))
    return child
  }
}

/** A name is literal text of one level. One that is empty or has a slash never grants anything; what it would reach by that, it can only be denied. */
function stepInto(
  named: NamedLevel,
  levels: readonly string[],
  depth: number,
  names: AclNames,
): { readonly depth: number; readonly onlyDenies: boolean } | null {
  const { clientId, userName } = names
  if (named.usesUserName && userName === null) return null
  const text = named.text.replace(/%[cu]/g, (which) => (which === '%c' ? clientId : userName!))
  const onlyDenies = (named.usesUserName && isUnfit(userName!)) || (named.usesClientId && isUnfit(clientId))
  if (!text.includes('/')) return text === levels[depth] ? { depth: depth + 1, onlyDenies } : null
  const wanted = text.split('/')
  return wanted.every((level, i) => level === levels[depth + i]) ? { depth: depth + wanted.length, onlyDenies: true } : null
}

function isUnfit(name: string): boolean {
  return name === '' || /[+#/\0]/.test(name)
}

function put(rule: AclRule, rules: PlaceRules): void {
  if (rule.access === 'deny') rules.deny = first(rules.deny, rule)
  if (rule.access === 'read' || rule.access === 'readwrite') rules.read = first(rules.read, rule)
  if (rule.access === 'write' || rule.access === 'readwrite') rules.write = first(rules.write, rule)
}

function first(a: AclRule | null, b: AclRule | null): AclRule | null {
  return a === null || (b !== null && b.order < a.order) ? b : a
}

function newNode(): Node {
  return { children: new Map(), plus: null, named: new Map(), end: newRules(), below: newRules() }
}

function newRules(): PlaceRules {
  return { deny: null, read: null, write: null }
}
