"""What people of the demo practice write and say. Nobody real is described here."""

from practicerunner.vocabulary import RequestKind

Texts = tuple[tuple[str, ...], ...]

THERAPY: dict[str, Texts] = {
    "sleep": (
        ("Reports falling asleep within an hour on four of seven nights; the phone now stays outside the bedroom. "
         "Worries about work still come around three in the morning.",
         "The evening routine is beginning to hold. Worry at night follows days without a break.",
         "Keep the sleep diary for another week. Set a worry time at 17:30 on workdays."),
        ("Brought the sleep diary: average five and a half hours, up from four and a half. Skipped the diary at the "
         "weekend and felt guilty about it.",
         "Progress, with a tendency to measure it too strictly.",
         "Keep a fixed time for getting up. Look at the guilt about the gap in the diary next time."),
        ("Two nights of good sleep after a walk in the evening; one bad night before a presentation.",
         "Connects tension and sleep more readily than a month ago.",
         "Rehearse the breathing exercise at noon, not only at night. Review in two weeks."),
    ),
    "grief": (
        ("Spoke about sorting the father's tools with a brother. Cried in the session, calmer towards the end.",
         "Grief is moving between closeness and distance; the brothers find a way to talk.",
         "Write the letter that was begun last time. Bring one photograph, if it feels right."),
        ("First anniversary passed last Thursday. Took the day off and cooked the mother's recipe with the children.",
         "Chose company rather than withdrawing, which was new.",
         "Mark the next difficult date in advance and decide with whom to spend it."),
        ("Slept badly after clearing the apartment. Wonders how long it will go on like this.",
         "Exhaustion after a step that had been put off for months.",
         "One evening without tasks this week. Return to the question of what may be kept."),
    ),
    "work": (
        ("Said no to an additional project for the first time and waited for a reprimand that did not come.",
         "Tests old expectations against what happens; relief and some mistrust of the relief.",
         "Note two further occasions for a small no. Look at the body's warning signs next time."),
        ("Overtime on three evenings. Headaches on Sunday afternoon before the week begins.",
         "Drifts back to old habits when the team is short of people.",
         "Leave at 18:00 on Tuesday and Thursday and tell one colleague about it."),
        ("Talked to the supervisor about the workload, with the notes we had prepared. A second talk is planned.",
         "Spoke calmly and kept to the point in spite of a racing heart.",
         "Prepare the second talk: what is offered, what is asked, where the limit lies."),
    ),
    "panic": (
        ("Rode the bus for four stops with a friend. Fear rose to seven of ten and fell to three within ten minutes.",
         "Stayed in the situation and noticed that the wave passes.",
         "Two stops alone by next week, off-peak. Keep the record of expected and actual fear."),
        ("One attack in the supermarket, left the cart and went outside. Returned after ten minutes and finished.",
         "Going back is the difference from last month.",
         "Repeat the short visit to the shop on three days. Practice lengthening the out-breath."),
        ("No attack for eleven days. Avoided the elevator at the office twice.",
         "Confidence grows faster than the list of avoided places shrinks.",
         "Plan the elevator with one floor at a time. Review the list together."),
    ),
}
"""Theme → for each appointment in turn: data, assessment, plan."""

TOGETHER: Texts = (
    ("Both describe last weekend's argument about money, each for five minutes without interruption.",
     "They interrupt less; each can repeat what the other said, with some effort.",
     "One money talk of twenty minutes on Sunday, with the timer. Bring what was left unsaid."),
    ("They came with a list of who does what at home. It was read aloud and two points were exchanged.",
     "The tone was lighter than before; old reproaches still come quickly when tired.",
     "Try the exchange for two weeks. No talks about it after 21:00."),
    ("One of them had arrived late and apologized; the first ten minutes were tense. Then both spoke about what "
     "they were afraid to lose.",
     "More openness once the order of speaking was agreed.",
     "Each writes down one wish and one offer. Begin with these next time."),
)
FAMILY: Texts = (
    ("Everybody drew the week as a line. The youngest explained the lowest point, and the parents asked before "
     "they answered.",
     "Questions replace advice for the first time in a session.",
     "One dinner a week without telephones. The children choose the evening."),
    ("The family played through Monday morning with changed roles. There was laughter and one sharp moment.",
     "The hurry of the morning carries more of the conflict than any single person.",
     "Pack the bags in the evening. Look at it again in two weeks."),
    ("Talk about house rules: three were kept, one was struck out, one is on trial.",
     "Rules that were made together are defended by everybody.",
     "Put the list on the refrigerator and bring it along next time."),
)
GROUP: Texts = (
    ("Standing on one's own feet: what steadies me", "Opening round, grounding exercise while standing, work in pairs.",
     "The group was quiet at first, then members picked up each other's images. Two silences were left to stand."),
    ("Saying what I need", "Role play in threes with an observer, then a round of feedback.",
     "Lively and at times loud. The group slowed itself down when somebody was close to tears."),
    ("Dealing with setbacks", "Each drew a curve of the past month; the curves were laid out and compared.",
     "Members encouraged each other with examples of their own. One late arrival was met with good humor."),
)
PARTS = (
    "Took part from the beginning and gave an example of their own.",
    "Listened for a long time and spoke at the end, briefly and clearly.",
    "Offered support to others; was asked back and answered openly.",
    "Was tired today and said so; stayed for the whole session.",
    "Tried the exercise with some hesitation and found it easier than expected.",
    "Asked the group for feedback and could take it in.",
)
CONSULTATION: Texts = (
    ("How to close a long engagement when the other side keeps adding questions",
     "We went through the last three meetings and looked for the moment at which the agreement became unclear.",
     "Name the last date in writing and keep two meetings for looking back.",
     "Report on the first of the two meetings."),
    ("Fees and missed hours in a small practice",
     "Compared the present wording of the policy with what is done in practice. The exceptions are the rule.",
     "Shorten the policy to four sentences and apply it for three months.", "Bring the new wording."),
    ("Two colleagues, one office: dividing rooms and times",
     "Sketched the week on paper. Most of the friction lies on two afternoons.",
     "Exchange one afternoon and agree on a common calendar.", "Look at it again after a month."),
    ("Preparing a talk for a professional evening",
     "Talked through the outline and shortened it from nine points to four.",
     "Begin with the example and keep ten minutes for questions.", "Rehearse once with a colleague."),
)
WORKSHOP: Texts = (
    ("Listening before answering", "Short input, exercises in pairs, a round of plenary feedback.",
     "Engaged from the start; the exercise on interruptions led to a good deal of laughter and some insight."),
    ("Difficult conversations, prepared", "Worked on examples of the participants' own in groups of three.",
     "The groups of three worked independently. Several participants asked for a sheet to take home."),
)
RETURNED = (
    "Good description of the session. Please say in the assessment how this relates to the goal we agreed on in "
    "supervision, and add what you will watch for next time."
)
CORRECTED = " This bears on the first goal of the plan; the next session will show whether the step holds."
AMENDED_WHY = "A detail was left out"
AMENDED = "The agreed telephone call is missing above: it took place on the following Monday and was brief."
MEMO = "Prefers to be called on the mobile phone, mornings only. Parking pass handed out."
CANCELLED = {
    "client": ("Caught a cold", "A meeting at work", "The sitter fell through", "Car trouble", "Called this morning"),
    "provider": ("Unwell today", "Family matter", "Conference"),
}
ASKED = {
    RequestKind.NEW_TIME: "Could I come once more, in between? This time would suit me best.",
    RequestKind.MOVE: "I have to be out of town that day. Would this time work for you instead?",
    RequestKind.CANCEL: "Will be traveling, sorry. See you all the week after.",
}
VACATION = "Vacation"
MEETING = "Team meeting"
INTAKE = (
    "First meeting. Spoke about the occasion for coming, the present situation, earlier help, and what should be "
    "different in three months.",
    "Clear request, good understanding of the own situation. The practice's frame was explained and agreed to.",
    "Weekly or every other week at a fixed time. Agree on two goals at the next appointment.",
)
HISTORY = {
    "problem": "Sleeps badly since the change of job, worries in the evenings, hopes to feel steady again by summer.",
    "psychiatric": "Ten meetings with a counselor at college, felt helped. No stay in a hospital.",
    "medical": "Nothing of note. Sees the family doctor once a year.",
    "medication": "None.",
    "substances": "A glass of wine at the weekend. Does not smoke.",
    "family": "Two siblings, parents live nearby. A grandmother had long low spells.",
    "social": "Shares an apartment, works in an office, sings in a choir.",
    "trauma": "A car accident at nineteen; speaks of it calmly.",
    "legal": "None.",
    "strengths": "Keeps what was agreed, good friends, humor.",
    "impression": "Worry with poor sleep in a time of many changes.",
    "initial_plan": "Every other week, a sleep log, two goals at the next appointment.",
}
EXAM = {"mood": "Anxious", "mood_more": "Tense when the new job came up, at ease otherwise.", "summary": ""}
CALLED = {
    "how": "By phone, called back in the afternoon.",
    "said": "Asked whether the appointment could begin a quarter of an hour later. Nothing else was talked about.",
    "follow_up": "None.",
}
OBSERVED = "On time, attentive, speech and mood in keeping with what was talked about."
ANSWERED = {
    "reason": "A difficult year, and the wish to speak about it with somebody from outside.",
    "wish": "Sleep through the night again, and argue less at home.",
    "doctor": "Dr. Halvorsen, Port Ellery, (631) 555-0177",
    "sleep": 1,
    "contact": "A sister",
    "contact_phone": "(631) 555-0164",
    "licence": "Licensed clinical social worker, New York",
    "expect": "Two sentences that I can use on Monday.",
    "place": "At home",
}
"""Field of a form → what people of the demo practice answer."""
ALERT_DONE = (
    "Spoke about it in the same hour. Passing thoughts, no plan, no means, no earlier attempt. Safety plan written "
    "together; the sister knows. Next appointment in five days, phone call in between."
)
PRIVATE_NOTE = (
    "My own part in the long silences: I fill them. To bring along: what would happen if I waited, and what am I "
    "afraid of?"
)
OWN_NOTE = (
    "The dream of the flooded house again, and the voice in which it was told. I notice that I want to hurry.\n\n"
    "For myself: stay with the water, leave the house alone."
)
ALERT_NOTE = {
    "how": "In person, in the hour in which the questionnaire was filled in.", "said": ALERT_DONE,
    "follow_up": "Phone call in two days; the safety plan is gone through again at the next appointment.",
}

RETURNED_SECTION = "Please make this concrete: what exactly, by whom, and until when."
SUPERVISION = (
    "How to close a session that runs over. Role play of the last five minutes.",
    "Caseload: two that do not move. What would be a good enough outcome, and who says so?",
    "Documentation: a plan that somebody else could take up tomorrow.",
    "Own reactions to silence. Reading for next time: chapter 4.",
    "Working with both partners when one of them wrote first.",
)
