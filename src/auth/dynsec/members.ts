// Members of JSON objects as dynamic security's requests and files have them: found whatever the case of their names, as cJSON does.
// What they mean is said by the readers: dynsec-file.ts and the commands.

/** An object of JSON, read but not judged. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The member of this name, else the first that differs in case only; undefined when there is none. */
export function member(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  const wanted = name.toLowerCase()
  const other = Object.keys(object).find((key) => key.toLowerCase() === wanted)
  return other === undefined ? undefined : object[other]
}

/** Null when it is absent or no text. */
export function textMember(object: JsonObject, name: string): string | null {
  const value = member(object, name)
  return typeof value === 'string' ? value : null
}

/** The objects of a list; what is no object is passed over, and no list is none. */
export function objectsMember(object: JsonObject, name: string): readonly JsonObject[] {
  const value = member(object, name)
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** A whole number of 32 bits: fractions are cut off, larger ones lowered. `absent` when it is no number. */
export function integerMember(object: JsonObject, name: string, absent: number): number {
  const value = member(object, name)
  if (typeof value !== 'number') return absent
  return Math.max(-0x80000000, Math.min(0x7fffffff, Math.trunc(value)))
}

/** True for `true` only. */
export function isTrue(object: JsonObject, name: string): boolean {
  return member(object, name) === true
}
