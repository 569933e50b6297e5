/** The members of a pack that the resolver reads, its query and its plan. Packs may have members that are not listed here. */

export interface Pack {
  tips: Tip[];
  services: Service[];
  /** Situation, or "default", to audience to the steps of a plan, in order. */
  plan_order: Record<string, Record<string, string[]>>;
  labels: { situations: Record<string, unknown> };
  /** By everyday word: the situation that it means. */
  aliases?: Record<string, string>;
  retired: { id: string; successor: string | null }[];
  /** By country of a service: public holidays (ISO 8601); the years that the list names are known. */
  public_holidays?: Record<string, string[]>;
}

/** Ages, both included; `age_measured` says at which moment the age counts ("image-taken" or "now"). */
export interface AgeRule {
  min_age?: number | null;
  max_age?: number | null;
  age_measured?: string | null;
}

export interface Tip extends AgeRule {
  slug: string;
  kind: string;
  audiences: string[];
  situations: string[];
  order: number;
  order_in?: Record<string, number>;
}

export interface Service {
  id: string;
  /** ISO 3166-1 alpha-2, or ZZ for a worldwide service. */
  country: string;
  regions: string[];
  area?: string[] | null;
  roles: string[];
  removal_power?: string | null;
  audiences: string[];
  situations: string[];
  named_situations: string[];
  eligibility: AgeRule;
  languages: string[] | null;
  /** IANA time zone. */
  zone: string | null;
  assured_until: string | null;
  channels: Channel[];
  notices?: Notice[];
}

export interface Channel {
  position?: number;
  type: string;
  /** OpenStreetMap opening_hours. */
  hours: string | null;
  /** The hours as a table; null or missing: unknown, or they depend on the season. */
  week?: Week | null;
  zone: string | null;
  cost: string;
  anonymous: boolean | null;
  needs_voice: boolean;
  situations?: string[] | null;
}

/** Two local times, such as "09:00" and "24:00"; it ends on the next day where it closes before it opens. */
export interface Opening {
  opens: string;
  closes: string;
}

export interface Week {
  /** ISO 8601: day 1 is Monday. */
  days: (Opening & { days: number[] })[];
  /** On public holidays; null: not known. */
  holidays: Opening[] | null;
}

/** That a service differs from its entry from `from` until just before `until` (RFC 3339). */
export interface Notice {
  kind: string;
  from: string;
  until: string;
  position: number | null;
}

/** What the reader says, as in POST /v1/help. The ages are the young person's. */
export interface Query {
  country: string;
  situation: string;
  /** Default: teen. */
  audience?: string | null;
  region?: string | null;
  age?: number | null;
  age_in_image?: number | null;
  site?: string | null;
  where?: string | null;
  /** BCP 47, best first. */
  languages?: string[] | null;
  can_speak?: boolean | null;
}

/** Whether it is open (null: not known), and the next change that is known (RFC 3339). */
export interface Opened {
  open: boolean | null;
  closes_at: string | null;
  opens_at: string | null;
}

export interface Step extends Opened {
  step: string;
  /** Id of a service; null where none is known. */
  service: string | null;
  /** Codes that the pack's `labels.why` puts into words. */
  why: string[];
  stale: boolean;
  language_match: boolean | null;
  alternatives: string[];
  /** By service: the code of what the reader has to judge. */
  conditions: Record<string, string>;
  /** By service: the code of what the reader should know. */
  notes: Record<string, string>;
}

export interface Plan {
  /** The situation of the query, or the one that it means. */
  situation: string;
  steps: Step[];
  /** Each service that a step names, with its channels in the order for this reader. */
  services: Record<string, Service>;
  /** By service: whether it is open on a channel that this reader can use, and the same of each channel. */
  availability: Record<string, Opened & { channels: Opened[] }>;
  /** Slugs of the first tips, and of the others that apply. */
  tips: string[];
  more_tips: string[];
}

/** Internal: a query with all of its fields. */
export interface FullQuery {
  country: string;
  situation: string;
  audience: string;
  region: string | null;
  age: number | null;
  ageInImage: number | null;
  site: string | null;
  where: string | null;
  languages: string[];
  canSpeak: boolean;
}

/** Internal: a service that can be offered, with what the rankings look at. */
export interface Candidate {
  service: Service;
  id: string;
  roles: string[];
  worldwide: boolean;
  ageFit: "no-rule" | "met" | "not-met" | "unknown";
  language: number | null;
  /** The service names the situation itself. */
  named: boolean;
  /** The service takes the situation on, by name or because it takes on all of them. */
  serves: boolean;
  forAudience: boolean;
  crisisLine: boolean;
  /** It leads on to helplines, and is none itself. */
  directory: boolean;
}

/** Internal: whether it is open, and when that changes (milliseconds since 1970). */
export interface Availability {
  open: boolean | null;
  changesAt: number | null;
}

/** Internal: the criteria by which a list is sorted. */
export type Ranking<T> = (item: T) => (boolean | number | string)[];
