-- The rows behind attendance add up to the figures of every week and provider.
with behind as (
    select
        date_trunc('week', day) as week, provider_id, count(*) filter (is_held) as held, sum(attended) as attended,
        sum(no_shows) as no_shows, sum(late_cancellations) as late_cancellations
    from scheduling__sessions group by all
)
select * from scheduling__attendance_by_week f left join behind b using (week, provider_id)
where f.held <> coalesce(b.held, 0) or f.attended <> coalesce(b.attended, 0)
or f.no_shows <> coalesce(b.no_shows, 0) or f.late_cancellations <> coalesce(b.late_cancellations, 0)
