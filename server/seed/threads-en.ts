import type { Topic } from './topics.ts';

/** As in Chinese, see threads-zh.ts. */
export const threadsEn: Readonly<Record<Topic, string>> = {
  everyday: `
1:Morning all. The heating in the Hamburg office will be off on {day} until noon. Dress warm or work from home.
2:Home it is.
3:I'll be in anyway, somebody has to let the technician in.

1:Reminder: the all-hands is on {day} at 10:00 Berlin, 17:00 Shanghai.
2:Will there be a recording?
1:Yes, link goes into the notes afterwards.

1:We have {n} sign-ups for the summer trip. Last chance until {day}.
2:Can partners come along?
1:Of course.
3:Then count two for me.

1:Please welcome {name}, who joins us today!
2:Welcome aboard 🎉
3:Hi! Shout if you need anything, I sit by the window.

1:Somebody left a bike in front of the loading dock. Blue one.
2:Sorry, mine. Moving it now.

1:New coffee machine is here. It has {n} buttons and nobody knows what they do.
2:Third from the left is a decent espresso.
3:Confirmed. Do not press the last one.

1:Travel expenses for last month are due on {day}.
2:Done, thanks for the nudge.`,
  sales: `
1:{customer} asked for {n} more units of the {item}. Can we ship before {day}?
2:Stock in Hamburg covers it.
3:Same terms as last time, please; they pay on time.
1:Quote is out.

1:Back from the fair in {city}. {n} good leads, two of them large.
2:Nice! Who takes the utilities one?
1:I do, they want a trial in the spring.
3:I'll prepare two demo units.

1:{customer} wants a three-year warranty. What can I say?
2:Two years standard, the third with the calibration plan.
1:Fair. I'll put both into the offer.

1:Pipeline for the quarter is at {sum}k. {customer} is the one that decides it.
2:They told me they sign on {day}.
3:Fingers crossed 🤞

1:Does anybody have the price list with the new accessories?
2:It's in the docs, look for the model number.
1:Got it, cheers.`,
  product: `
1:The {item} survived {n} hours in the climate chamber. No drift.
2:Great. What about the display at minus ten?
1:A bit slow, still readable.
3:Good enough for this release, I'd note it in the data sheet.

1:I pushed the new export screen to the test build. Comments welcome.
2:The order of the columns surprised me. Time first?
1:Makes sense, changed.
3:Much better now.

1:Can we drop the old connector? Only {n} customers still use it.
2:{customer} is one of them, so not this year.
3:Then let's announce it now and do it next autumn.

1:Review of the {item} housing is on {day}. Samples arrive the day before.
2:Both materials?
1:Both. Bring strong opinions.

1:Found it: \`readSensor()\` returned before the conversion was done. The data sheet asks for {n} ms.
2:That explains the empty values from last week.
3:Could you add a test for it?
1:Already there.`,
  production: `
1:The container for {city} left today, {n} boxes. Papers are attached to the order.
2:Thanks, I'll tell the customer.
3:ETA?
1:About five weeks.

1:Customs wants the calibration certificates for the {item}. Again.
2:I have them as one file, sending it over.
1:You're a lifesaver.

1:Stock count in Hamburg: {n} pieces off, all small parts.
2:Better than last year.
1:By a lot.

1:The supplier moved the delivery to {day}.
2:That's tight for {customer}.
3:I can send them ten from the demo pool to start with.
1:Please do.`,
  support: `
1:{customer} sees jumps in the readings of the {item}, every {n} minutes or so.
2:Frequency converter nearby?
1:They installed one last week!
2:There you go. I'll send two ferrite cores.

1:{n} tickets today, most are closed.
2:I'll call the ones who haven't answered since {day}.

1:A customer asks how to export six months of data. The manual is vague.
2:I'm writing a page about it, done by tonight.
1:Perfect, I'll send a short answer now.

1:The returned unit from {city} has a dent, photos are with the ticket.
2:Transport damage, that goes to the insurance.
3:I'll ship a spare on {day} so they can go on working.`,
  direct: `
1:Do you have ten minutes on {day} to talk about {customer}?
2:After three works.
1:Great, I'll call you.

1:Could you check the numbers in the sheet once more?
2:Row three should be {n}, I think.
1:Right, fixed. Thank you!

1:Landed in {city}. The hotel is next to the office, very convenient.
2:Enjoy! Say hello to everybody.

1:Where did you put the notes from this morning?
2:In the docs, they're called after the project.
1:Found them.

1:Lunch?
2:Give me five minutes.

1:Thanks for covering for me yesterday.
2:Any time.`,
};
