// Words of the console in its languages. A screen brings its own: `const WORDS = catalogue(EN, IT)`, read with app.words(WORDS).
// The compiler sees to it that every language has every key of the English one.

export type Language = 'en' | 'it'

export const LANGUAGES: readonly { readonly id: Language; readonly name: string }[] = [
  { id: 'en', name: 'English' },
  { id: 'it', name: 'Italiano' },
]

/** The same keys in every language; texts with holes are functions. */
export type Catalogue<Words> = Readonly<Record<Language, Words>>

/** English texts are the type: `as const` must not be used, or Italian would have to repeat them. */
export function catalogue<Words>(en: Words, it: NoInfer<Words>): Catalogue<Words> {
  return { en, it }
}
