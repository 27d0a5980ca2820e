// What the gateway answers, for the checks of `make test-js`; nothing of it is served.
interface Money {
  amount: string;
  currency: string;
}

interface Card {
  id: string;
  name: string;
  url: string;
  issuer: { name: string };
  net_cost: Money | null;
  workload_hours: number | null;
  delivery: string[];
}

interface Item {
  rank: number;
  credential: Card;
  reasons: { text: string }[];
  advisories: { text: string }[];
}

interface Answer {
  recommendation_id: string;
  items: Item[];
  fallback: string | null;
  target: { advisories?: { text: string }[] } | null;
}

interface Exposure {
  kind: string;
  credential_id: string;
  recommendation_id: string;
  occurred_at: string;
}

type Words = Record<string, string>;
