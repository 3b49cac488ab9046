import type { Secret } from '../../apis/core/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import type { Clock } from '../../kube/index.ts'
import type { Subject } from '../../pki/index.ts'
import { CERTIFICATE_KEY, PRIVATE_KEY_KEY } from './hub-kubeconfig.ts'
import { type IssuedCertificate, isKeyOf, namesSubject, readIssuedCertificate } from './issued-certificate.ts'
import { renewalTime } from './renewal-time.ts'
import { type SecretTexts, secretText } from './secret-data.ts'

/** What has just been issued is left alone for so long, and no longer than a part of its life, whatever the clocks say. */
const LONGEST_REST_MS = 10 * 60_000
const REST = 0.1

/** When a Secret's certificate is to be renewed: ms from now, and why. */
export interface Verdict {
  /** Not above 0 where it is due. */
  readonly leftMs: number
  /** Whether there is nothing of any use. */
  readonly isUseless: boolean
  readonly reason: string
}

export interface WantedCertificate {
  readonly subject: Subject
  /** What else the Secret is to hold. */
  readonly companions: SecretTexts
}

/** Says when a Secret with a certificate is to be renewed. */
export class CertificateJudge {
  readonly #clock: Clock
  readonly #random: () => number
  /** The moment to renew is drawn once for each certificate. */
  #draw: { readonly certificate: string; readonly random: number } | undefined
  #issued: { readonly certificate: string; readonly restsUntil: number } | undefined

  /** @param random evenly distributed in [0, 1) */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  judge(secret: Secret | undefined, { subject, companions }: WantedCertificate): Verdict {
    const pem = secretText(secret, CERTIFICATE_KEY)
    if (pem === undefined) return useless('there is none')
    let certificate: IssuedCertificate
    try {
      certificate = readIssuedCertificate(pem)
    } catch (error) {
      return useless(errorMessage(error))
    }
    if (!isKeyOf(pem, secretText(secret, PRIVATE_KEY_KEY) ?? ''))
      return useless('its key is missing, or is another')
    if (!namesSubject(certificate, subject)) return useless('it is for somebody else')
    const changed = Object.keys(companions).find((key) => secretText(secret, key) !== companions[key])
    if (changed !== undefined) return useless(`${changed} has changed`)
    if (this.#draw?.certificate !== pem) this.#draw = { certificate: pem, random: this.#random() }
    const leftMs = renewalTime(certificate, this.#draw.random) - this.#clock.now()
    return {
      leftMs: Math.max(leftMs, this.#restMs(pem)),
      isUseless: false,
      reason: 'its life is nearly over',
    }
  }

  /** Where the clocks of the hub and this process do not agree, the newest certificate may look like an old one: the next would, too. */
  noteIssued(certificatePem: string): void {
    const { notBefore, notAfter } = readIssuedCertificate(certificatePem)
    const restMs = Math.min(LONGEST_REST_MS, REST * Math.max(0, notAfter - notBefore))
    this.#issued = { certificate: certificatePem, restsUntil: this.#clock.monotonic() + restMs }
  }

  #restMs(certificate: string): number {
    if (this.#issued?.certificate !== certificate) return Number.NEGATIVE_INFINITY
    return this.#issued.restsUntil - this.#clock.monotonic()
  }
}

/** Something new is wanted at once. */
export function useless(reason: string): Verdict {
  return { leftMs: 0, isUseless: true, reason }
}
