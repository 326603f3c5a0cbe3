// The options of the configuration that are shown: those that were given, or all, as far as they fit what is looked for.
// Pure.

import type { ConfigSection } from '../../../server/admin/api-types.ts'

/** Options in which every word stands; sections without any are left out. */
export function sectionsFor(sections: readonly ConfigSection[], find: string, isGiven: boolean): ConfigSection[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean)
  return sections
    .map((section) => ({
      ...section,
      options: section.options.filter(({ name, value, origin, meaning }) => {
        if (isGiven && origin === null) return false
        const whole = `${name} ${value} ${origin ?? ''} ${meaning}`.toLowerCase()
        return words.every((word) => whole.includes(word))
      }),
    }))
    .filter(({ options }) => options.length > 0)
}
