// What clients may do where dynamic security is in force. Implements broker/ports.ts' Authorizer.
// Where it says nothing an ACL file may still allow; without one the answer is no.

import type { AccessAction, Authorizer, Explanation, Permission } from '../../broker/ports.ts'
import type { FileAuthorizer } from '../file-authorizer.ts'
import type { AccessType, Acl } from './acl.ts'
import type { Role } from './directory.ts'
import type { DynamicSecurity } from './dynamic-security.ts'

const ACCESS = { publish: 'publishClientSend', receive: 'publishClientReceive', subscribe: 'subscribe' } as const satisfies Record<AccessAction, AccessType>

export class DynsecAuthorizer implements Authorizer {
  readonly #security: DynamicSecurity
  readonly #otherwise: FileAuthorizer

  constructor(security: DynamicSecurity, otherwise: FileAuthorizer) {
    this.#security = security
    this.#otherwise = otherwise
  }

  get generation(): number {
    return this.#security.version + this.#otherwise.generation
  }

  mayPublish(clientId: string, userName: string | null, topicName: string): Permission {
    return this.#judge('publishClientSend', clientId, userName, topicName) ?? this.#otherwise.mayPublish(clientId, userName, topicName)
  }

  mayReceive(clientId: string, userName: string | null, topicName: string): Permission {
    return this.#judge('publishClientReceive', clientId, userName, topicName) ?? this.#otherwise.mayReceive(clientId, userName, topicName)
  }

  maySubscribe(clientId: string, userName: string | null, topicFilter: string): Permission {
    return this.#judge('subscribe', clientId, userName, topicFilter) ?? this.#otherwise.maySubscribe()
  }

  mayUnsubscribe(clientId: string, userName: string | null, topicFilter: string): Permission {
    return this.#judge('unsubscribe', clientId, userName, topicFilter) ?? 'allow'
  }

  explain(action: AccessAction, clientId: string, userName: string | null, topic: string): Explanation {
    const access = ACCESS[action]
    const decision = this.#security.decide(access, { clientId, userName }, topic)
    if (decision !== null) return { allowed: decision.allow, rule: null, reason: reasonOf(decision.role, decision.acl, access) }
    if (this.#otherwise.aclFile !== null) return this.#otherwise.explain(action, clientId, userName, topic)
    const isKnown = userName === null || this.#security.has(userName)
    return {
      allowed: false,
      rule: null,
      reason: isKnown ? `no role says anything, and the default of ${access} is to deny` : 'dynamic security knows no user of this name',
    }
  }

  /** Null = the ACL file is to say. */
  #judge(access: AccessType, clientId: string, userName: string | null, topic: string): Permission | null {
    const decision = this.#security.decide(access, { clientId, userName }, topic)
    if (decision !== null) return decision.allow ? 'allow' : 'deny'
    return this.#otherwise.aclFile === null ? 'deny' : null
  }
}

function reasonOf(role: Role | null, acl: Acl | null, access: AccessType): string {
  if (role === null) return `no role says anything, and the default of ${access} is to allow`
  if (acl === null) return `role '${role.name}' allows no wildcards in subscriptions`
  return `role '${role.name}', ${acl.type} ${acl.topic}, priority ${acl.priority}: ${acl.allow ? 'allow' : 'deny'}`
}
