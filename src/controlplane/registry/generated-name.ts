import { randomInt } from 'node:crypto'

/** Neither vowels nor what looks like one, so that no words come about (k8s.io/apimachinery, util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5
const LONGEST_NAME = 63

/** A name of its own for an object that only has `metadata.generateName`. */
export function generatedName(base: string): string {
  let name = base.slice(0, LONGEST_NAME - SUFFIX_LENGTH)
  for (let count = 0; count < SUFFIX_LENGTH; count++) name += ALPHABET[randomInt(ALPHABET.length)]
  return name
}
