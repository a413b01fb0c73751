import type { INodeExecutionData } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';

import type { Parked } from './park';
import { Sightings } from './sightings';

/**
 * How long calls for a round that has gone on may still be on their way, in milliseconds. n8n read
 * the execution for them before.
 */
const LATE = 25_000;

/**
 * One parking of an execution, and all that this process knows of it:
 *
 *     parked ──call──▶ looking ──one is unfinished──▶ parked
 *                         │ all have ended, or the time is over
 *                         ▼
 *                      completing (fresh URLs, files)
 *                         ▼
 *                      ready ──call──▶ going on ──▶ over
 *                         ▲                │
 *                         └──n8n failed────┘
 *
 * Between two calls only the bell (`bell.ts`) knows of it. A process that did not see it from the
 * start, as after a restart, begins with "parked".
 */
export class Round {
	sightings = new Sightings();
	/** Whether somebody called since the last look began. */
	rang = false;
	isLooking = false;
	/** When the last look began, in milliseconds since 1970. */
	lookedAt = 0;
	/** Whether the images could not be looked at, or n8n could not go on, when it was last tried. */
	isInTrouble = false;
	/** What comes out of the node, once it is ready. */
	output?: INodeExecutionData[];
	/** Whether a call from this process has reached the parked execution. */
	isHeard = false;
	/** Whether the user was told that it is not. */
	isWarnedOf = false;
	private handedOverAt = -Infinity;
	private readonly ending = new AbortController();
	private bell?: AbortController;

	constructor(
		/** Where a call reaches the parked execution. */
		readonly url: string,
		readonly parked: Parked,
	) {}

	/** Aborted when it is over: n8n has gone on, or was stopped. */
	get over(): AbortSignal {
		return this.ending.signal;
	}

	/** Whether somebody rings for it. */
	get isRung(): boolean {
		return this.bell !== undefined;
	}

	/** @returns ends the ringing that is begun now; whoever rang before stops */
	newBell(): AbortSignal {
		this.bell?.abort();
		this.bell = new AbortController();
		return this.bell.signal;
	}

	/** Whether n8n has got the output, and may be about to go on. */
	get isGoingOn(): boolean {
		return this.over.aborted || Date.now() - this.handedOverAt < LATE;
	}

	handOver(): void {
		this.handedOverAt = Date.now();
	}

	/** n8n got the output, and did not go on. */
	takeBack(): void {
		this.handedOverAt = -Infinity;
	}

	/** Nothing is kept of it; for late calls it stays known for a moment that it is over. */
	end(): void {
		if (this.over.aborted) return;
		this.ending.abort();
		this.bell?.abort();
		this.sightings = new Sightings();
		this.output = undefined;
		void sleep(LATE).then(() => {
			if (rounds.get(this.url) === this) rounds.delete(this.url);
		});
	}
}

/** The rounds of parked executions, by URL: those of one execution follow one another there. */
const rounds = new Map<string, Round>();

/**
 * The round of a parked execution.
 *
 * @returns nothing if a later one has begun: n8n read the execution before that
 */
export function enterRound(url: string, parked: Parked): Round | undefined {
	const known = rounds.get(url);
	if (known?.parked.round === parked.round) return known;
	if (known && known.parked.since > parked.since) return undefined;
	known?.end();
	const round = new Round(url, parked);
	rounds.set(url, round);
	return round;
}
