// An ACL file: who may publish and receive what, by user, for clients without a name, and by patterns for everybody.
// Read whole, then put in place of what was there before. Everything that no rule grants is denied; SUBSCRIBE is not its affair.

import { type AccessFileContents, type AccessFileNote, type AccessFileOptions, readAccessFile } from './access-file.ts'
import { type AclRule, type AclRules, parseAclFile } from './acl-rules.ts'
import { AclTree, type AskedAccess } from './acl-tree.ts'

/** Why something is allowed or denied. */
export interface AclExplanation {
  readonly allowed: boolean
  /** The line that decides; null when none does. */
  readonly rule: AclRule | null
  /** A sentence without its full stop. */
  readonly reason: string
  /** Set when a name with wildcards made all patterns void. */
  readonly dangerousName: 'username' | 'client id' | null
}

export interface AclFileOptions extends AccessFileOptions {
  /** Reads the file; the file system unless given. */
  readonly read?: (path: string) => AccessFileContents
}

/** What a file's rules have become. */
interface CompiledRules {
  readonly byUser: ReadonlyMap<string, AclTree>
  readonly anonymous: AclTree
  readonly patterns: AclTree
}

const WILDCARDS = /[+#]/

export class AclFile {
  readonly #options: AclFileOptions
  #path: string
  #rules: CompiledRules = compile({ rules: [], userNames: new Set(), notes: [] })
  #notes: readonly AccessFileNote[] = []
  #version = 0

  /** Reads the file. @throws AccessFileError */
  constructor(path: string, options: AclFileOptions = {}) {
    this.#options = options
    this.#path = path
    this.reload()
  }

  get path(): string {
    return this.#path
  }

  /** Warnings about the file as it was last read. */
  get notes(): readonly AccessFileNote[] {
    return this.#notes
  }

  /** Rises whenever the rules may have changed. */
  get version(): number {
    return this.#version
  }

  /** May this client be sent (`read`) or publish (`write`) the topic? */
  check(userName: string | null, clientId: string, access: AskedAccess, topicName: string): boolean {
    return this.#decide(userName, clientId, access, topicName).allowed
  }

  /** As `check`, with the line that decides and why it does. */
  explain(userName: string | null, clientId: string, access: AskedAccess, topicName: string): AclExplanation {
    const decision = this.#decide(userName, clientId, access, topicName)
    if (decision.rule !== null || decision.dangerousName !== null) return decision
    return { ...decision, reason: this.#whyNothingGrants(userName, clientId, access, topicName) }
  }

  /** Reads the file again, or another one; nothing changes until the function returned is called. @throws AccessFileError */
  prepare(path: string = this.#path): () => void {
    const { bytes, notes } = this.#options.read?.(path) ?? readAccessFile(path, 'acl_file', this.#options)
    const parsed = parseAclFile(bytes, path)
    const rules = compile(parsed)
    return () => {
      this.#path = path
      this.#rules = rules
      this.#notes = [...notes, ...parsed.notes]
      this.#version++
    }
  }

  /** Reads the file again. When it cannot be used, all stays as it is. @throws AccessFileError */
  reload(path: string = this.#path): void {
    this.prepare(path)()
  }

  /** The user's own rules, then the patterns; in each, what denies counts before what grants. */
  #decide(userName: string | null, clientId: string, access: AskedAccess, topicName: string): AclExplanation {
    const names = { clientId, userName }
    const { patterns } = this.#rules
    const own = this.#ownRules(userName)?.match(topicName, access, names)
    if (own?.deny) return denied(own.deny, `a deny rule ${whose(userName)} matches`)
    if (own?.grant) return granted(own.grant, `the first rule ${whose(userName)} that matches and grants ${access}`)
    if (patterns.size > 0) {
      if (userName !== null && WILDCARDS.test(userName)) return dangerous('username')
      if (WILDCARDS.test(clientId)) return dangerous('client id')
      const { deny, grant } = patterns.match(topicName, access, names)
      if (deny !== null) return denied(deny, 'a deny pattern matches')
      if (grant !== null) return granted(grant, `the first pattern that matches and grants ${access}`)
    }
    return { allowed: false, rule: null, reason: 'no rule matches', dangerousName: null }
  }

  #ownRules(userName: string | null): AclTree | undefined {
    return userName === null ? this.#rules.anonymous : this.#rules.byUser.get(userName)
  }

  #whyNothingGrants(userName: string | null, clientId: string, access: AskedAccess, topicName: string): string {
    const other: AskedAccess = access === 'read' ? 'write' : 'read'
    const { grant } = this.#decideAsked(userName, clientId, other, topicName)
    if (grant !== null) return `no rule grants ${access}; line ${grant.line} matches, but grants ${other} only`
    if (userName !== null && !this.#rules.byUser.has(userName)) return `no rule matches: the file has no lines for user '${userName}', and no pattern fits`
    return 'no rule matches'
  }

  #decideAsked(userName: string | null, clientId: string, access: AskedAccess, topicName: string): { readonly grant: AclRule | null } {
    const { allowed, rule } = this.#decide(userName, clientId, access, topicName)
    return { grant: allowed ? rule : null }
  }
}

function compile({ rules, userNames }: AclRules): CompiledRules {
  const byUser = new Map<string, AclTree>()
  for (const userName of userNames) byUser.set(userName, new AclTree())
  const anonymous = new AclTree()
  const patterns = new AclTree()
  for (const rule of rules) {
    if (rule.kind === 'pattern') patterns.add(rule)
    else if (rule.userName === null) anonymous.add(rule)
    else byUser.get(rule.userName)!.add(rule)
  }
  return { byUser, anonymous, patterns }
}

function whose(userName: string | null): string {
  return userName === null ? 'for clients without a user name' : `of user '${userName}'`
}

function denied(rule: AclRule, reason: string): AclExplanation {
  return { allowed: false, rule, reason, dangerousName: null }
}

function granted(rule: AclRule, reason: string): AclExplanation {
  return { allowed: true, rule, reason, dangerousName: null }
}

function dangerous(dangerousName: 'username' | 'client id'): AclExplanation {
  return { allowed: false, rule: null, reason: `the ${dangerousName} holds + or #, and the file has patterns`, dangerousName }
}
