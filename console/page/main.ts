import './styles/page.css';
import { html, render } from 'htm/preact';
import { Activity } from './activity/activity.ts';
import { Break } from './break/break.ts';
import { Calendar } from './calendar/calendar.ts';
import { Chart } from './chart/chart.ts';
import { Drop } from './drop/drop.ts';
import { Flow } from './flow/flow.ts';
import { Banner } from './header/banner.ts';
import { Header } from './header/header.ts';
import { startTheme } from './header/theme.ts';
import { Letters } from './letters/letters.ts';
import { Rows } from './rows/rows.ts';
import { announcement, connection, start } from './state.ts';
import { startTip, Tip } from './tip.ts';

function Page() {
  return html`
    <a class="skip" href="#letters">Skip to what needs you</a>
    <${Header} />
    <${Banner} />
    <main class="page ${connection.value === 'gone' ? 'old' : ''}">
      <${Flow} />
      <div class="rail"><${Letters} /><${Activity} /><${Break} /></div>
      <div class="pair">
        <${Calendar} />
        <${Chart} />
      </div>
      <${Rows} />
    </main>
    <${Drop} />
    <${Tip} />
    <div class="unseen" aria-live="polite">${announcement}</div>`;
}

startTheme();
render(html`<${Page} />`, document.body);
startTip();
start();
