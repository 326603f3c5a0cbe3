// What clients may do, by an ACL file or without one. Implements broker/ports.ts' Authorizer.
// The topics that nobody may publish to are the broker's own affair, here as without a file.

import type { Log } from '../base/log.ts'
import type { AccessAction, Authorizer, Explanation, Permission } from '../broker/ports.ts'
import { shown } from './access-file.ts'
import type { AclFile } from './acl-file.ts'
import type { AskedAccess } from './acl-tree.ts'

export interface FileAuthorizerOptions {
  /** Null = everything is allowed that the broker itself does not forbid. */
  readonly aclFile: AclFile | null
  /** auth_plugin_deny_special_chars: whoever has + or # in a name may do nothing, whatever the rules say. */
  readonly denySpecialCharacters?: boolean
  /** sys_acl admin: `$SYS` is for those whom a rule names; without an ACL file for nobody. A file always has to name it. */
  readonly sysNeedsRule?: boolean
  readonly log?: Log
}

/** Names that were complained about; beyond, they are complained about anew. */
const MOST_COMPLAINTS = 1024

export class FileAuthorizer implements Authorizer {
  readonly #log: Log | null
  readonly #complaints = new Set<string>()
  #sysNeedsRule: boolean
  #aclFile: AclFile | null
  #denySpecialCharacters: boolean
  /** What `generation` was made of before the file of now. */
  #before = 0

  constructor(options: FileAuthorizerOptions) {
    this.#aclFile = options.aclFile
    this.#denySpecialCharacters = options.denySpecialCharacters ?? false
    this.#sysNeedsRule = options.sysNeedsRule ?? false
    this.#log = options.log ?? null
  }

  /** Rises by itself when the file is read again. */
  get generation(): number {
    return this.#before + (this.#aclFile === null ? 0 : this.#aclFile.version)
  }

  get aclFile(): AclFile | null {
    return this.#aclFile
  }

  mayPublish(clientId: string, userName: string | null, topicName: string): Permission {
    return this.#judge('write', clientId, userName, topicName)
  }

  mayReceive(clientId: string, userName: string | null, topicName: string): Permission {
    if (this.#sysNeedsRule && this.#aclFile === null && /^\$SYS(\/|$)/.test(topicName)) return 'deny'
    return this.#judge('read', clientId, userName, topicName)
  }

  /** An ACL file says nothing about SUBSCRIBE: what it forbids is not delivered. */
  maySubscribe(): Permission {
    return 'allow'
  }

  explain(action: AccessAction, clientId: string, userName: string | null, topic: string): Explanation {
    const without = (allowed: boolean, reason: string): Explanation => ({ allowed, rule: null, reason })
    if (action === 'subscribe') return without(true, 'an ACL file never refuses SUBSCRIBE; what may not be read is not delivered')
    const isAllowed = (action === 'publish' ? this.mayPublish(clientId, userName, topic) : this.mayReceive(clientId, userName, topic)) === 'allow'
    if (this.#aclFile === null) {
      if (isAllowed) return without(true, 'there is no ACL file: everything is allowed that the broker itself does not forbid')
      return without(false, this.#sysNeedsRule ? 'sys_acl admin: $SYS is for those whom an ACL file names, and there is none' : 'the name holds + or #')
    }
    const { allowed, rule, reason } = this.#aclFile.explain(userName, clientId, action === 'publish' ? 'write' : 'read', topic)
    if (allowed !== isAllowed) return without(isAllowed, 'the name holds + or #')
    return { allowed, rule: rule === null ? null : { file: this.#aclFile.path, line: rule.line, text: rule.text }, reason }
  }

  /** Goes on with another file or none, as after a reload of the configuration: every remembered answer is void. */
  replace(aclFile: AclFile | null, denySpecialCharacters: boolean = this.#denySpecialCharacters, sysNeedsRule: boolean = this.#sysNeedsRule): void {
    this.#before = this.generation + 1
    this.#aclFile = aclFile
    this.#denySpecialCharacters = denySpecialCharacters
    this.#sysNeedsRule = sysNeedsRule
    this.#complaints.clear()
  }

  #judge(access: AskedAccess, clientId: string, userName: string | null, topicName: string): Permission {
    if (this.#denySpecialCharacters && (/[+#]/.test(clientId) || (userName !== null && /[+#]/.test(userName)))) {
      return this.#complain(userName !== null && /[+#]/.test(userName) ? 'username' : 'client id', clientId, userName)
    }
    if (this.#aclFile === null || this.#aclFile.check(userName, clientId, access, topicName)) return 'allow'
    if (/[+#]/.test(clientId) || (userName !== null && /[+#]/.test(userName))) {
      const { dangerousName } = this.#aclFile.explain(userName, clientId, access, topicName)
      if (dangerousName !== null) return this.#complain(dangerousName, clientId, userName)
    }
    return 'deny'
  }

  #complain(which: 'username' | 'client id', clientId: string, userName: string | null): Permission {
    const name = which === 'username' ? userName! : clientId
    const key = `${which} ${name}`
    if (!this.#complaints.has(key)) {
      if (this.#complaints.size === MOST_COMPLAINTS) this.#complaints.clear()
      this.#complaints.add(key)
      this.#log?.write('notice', `ACL denying access to client with dangerous ${which} "${shown(name)}"`)
    }
    return 'deny'
  }
}
