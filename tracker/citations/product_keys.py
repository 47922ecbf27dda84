"""Keys of the services that read answers off products: see `tracker.citations.keys`."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.citations.results import Shape
from tracker.citations.scrapers import APIFY_ANSWERS


def below(prefix: str, paths: str) -> str:
    return " ".join(f"{prefix}.{path}" for path in paths.split())


def _cloro(keys: str) -> str:
    """The answer stands in `result` or `response`, or there as the overview of a result page."""
    holders = ("result", "response", "result.aioverview", "response.aioverview")
    return " ".join(below(holder, keys) for holder in holders)


PRODUCT_KEYS: Mapping[Shape, Mapping[str, str]] = {
    "dataforseo_scraper": {
        "read": """
            status_code status_message cost tasks[].status_code tasks[].status_message
            tasks[].result[].model tasks[].result[].markdown tasks[].result[].fan_out_queries[]
            tasks[].result[].search_results[].url tasks[].result[].search_results[].title
            tasks[].result[].sources[].url tasks[].result[].sources[].title
            tasks[].result[].items[].type tasks[].result[].items[].markdown tasks[].result[].items[].text
            tasks[].result[].items[].sources[].url tasks[].result[].items[].sources[].title""",
        "of a listed page": """
            tasks[].result[].search_results[].* tasks[].result[].sources[].*
            tasks[].result[].items[].sources[].*""",
        "names and times": """
            version time tasks_count tasks_error tasks[].id tasks[].time tasks[].cost tasks[].result_count
            tasks[].path.** tasks[].data.** tasks[].result[].keyword tasks[].result[].location_code
            tasks[].result[].language_code tasks[].result[].check_url tasks[].result[].datetime
            tasks[].result[].item_types.** tasks[].result[].items_count tasks[].result[].se_results_count""",
        "brands as the service sees them": """
            tasks[].result[].brand_entities.** tasks[].result[].items[].brand_entities.**""",
        "products, places, pictures and advertisements": """
            tasks[].result[].items[].items.** tasks[].result[].items[].table.**
            tasks[].result[].items[].images.**
            tasks[].result[].items[].rank_group tasks[].result[].items[].rank_absolute
            tasks[].result[].items[].title tasks[].result[].items[].snippet tasks[].result[].items[].url
            tasks[].result[].items[].domain tasks[].result[].items[].image_url
            tasks[].result[].items[].advertiser.**""",
    },
    "dataforseo_responses": {
        "read": """
            status_code status_message cost tasks[].status_code tasks[].status_message
            tasks[].result[].model_name tasks[].result[].fan_out_queries[] tasks[].result[].web_search
            tasks[].result[].input_tokens tasks[].result[].output_tokens tasks[].result[].items[].type
            tasks[].result[].items[].sections[].text
            tasks[].result[].items[].sections[].annotations[].url
            tasks[].result[].items[].sections[].annotations[].direct_url
            tasks[].result[].items[].sections[].annotations[].title
            tasks[].result[].items[].sections[].annotations[].text
            tasks[].result[].items[].sections[].annotations[].start_index
            tasks[].result[].items[].sections[].annotations[].end_index""",
        "names and times": """
            version time tasks_count tasks_error tasks[].id tasks[].time tasks[].cost tasks[].result_count
            tasks[].path.** tasks[].data.** tasks[].result[].datetime
            tasks[].result[].items[].sections[].type""",
        "tokens by kind, and the price by part": """
            tasks[].result[].reasoning_tokens tasks[].result[].money_spent""",
    },
    "brightdata": {
        "read": """
            answer_text answer_text_markdown model web_search_query[] web_search_triggered citations[].url
            citations[].title citations[].text citations[].label citations[].cited sources[].url
            sources[].title search_sources[].url search_sources[].title links_attached[].url
            links_attached[].text metadata.search_model_queries.queries[] error error_code warning
            warning_code""",
        "of a listed page": "citations[].* sources[].* search_sources[].* links_attached[].*",
        "the text once more": """
            answer_html answer_section_html response_raw source_html answer_text_raw
            additional_answer_text""",
        "the request, echoed": """
            prompt url input.** country index web_search require_sources additional_prompt discovery_input.**
            prompt_sent_at timestamp""",
        "products, places and what else is shown": """
            recommendations.** references.** is_map map.** shopping.** shopping_visible is_shopping_data
            shopping_data.** images.** videos.** metadata.** exporting_extra_data.** web_search_sources.**
            related_prompt.** search_sources_count""",
    },
    "oxylabs": {
        "read": """
            results[].status_code results[].content.llm_model results[].content.model
            results[].content.markdown_text results[].content.answer_results_md
            results[].content.response_text results[].content.answer_text results[].content.parse_status_code
            results[].content.search_queries[] results[].content.web_search_queries[]
            results[].content.citations[].url results[].content.citations[].title
            results[].content.citations[].text results[].content.citations[].urls[]
            results[].content.links[].url results[].content.links[].text results[].content.top_sources[].url
            results[].content.top_sources[].title
            results[].content.additional_results.sources_results[].url
            results[].content.additional_results.sources_results[].title
            results[].content.results.ai_overviews.** results[].content.ai_overviews.**""",
        "of a listed page": """
            results[].content.citations[].* results[].content.links[].* results[].content.top_sources[].*
            results[].content.additional_results.sources_results[].*""",
        "the text once more": "results[].content.markdown_json.** results[].content.answer_results.**",
        "the rest of the page": """
            results[].content.results.** results[].content.additional_results.**
            results[].content.top_images.**
            results[].content.inline_products.** results[].content.products.** results[].content.ads.**
            results[].content.related_queries.** results[].content.displayed_tabs.** results[].content.url
            results[].content.page results[].content.last_visible_page results[].content.ai_mode.**""",
        "the request, echoed": """
            results[].content.prompt results[].content.prompt_query results[].content.query job.**
            results[].url results[].page results[].geo_location""",
        "names and times": """
            results[].created_at results[].updated_at results[].job_id results[].is_render_forced
            results[].parser_type results[].parser_preset results[]._request.** results[]._response.**
            results[].session_info.** results[].type results[].content.parse_errors.**""",
    },
    "cloro": {
        "read": _cloro(
            """model text markdown searchQueries[] search_model_queries[] sources[].url sources[].label
            sources[].footnote citationPills[].url citationPills[].label"""
        ),
        "of a listed page": _cloro("sources[].* citationPills[].*"),
        "where it stands": "success status task.** credits.** webhook.** error.** response.error.**",
        "the text once more": _cloro("html rawResponse.**"),
        "products, places and what else is shown": _cloro(
            """shoppingCards.** inlineProducts.** entities.** map.** mapSearchQueries.** ads.** legacy
            related_queries.** videos.** images.** places.** relatedLinks.** hotels.** organicResults.**
            peopleAlsoAsk.** relatedSearches.** shopping_cards.** media_items.**"""
        ),
        "names and times": "id url createdAt updatedAt",
    },
    "apify": {
        "read": " ".join(
            below(
                name,
                """text content markdown answer answer_text answer_markdown response model queryFanOut[]
                searchQueries[] search_queries[] sources[].url sources[].title sources[].section
                citations[].url citations[].title citations[].section citationUrls[]""",
            )
            for name in APIFY_ANSWERS
        ),
        "of the product's answer": " ".join(
            below(name, "* sources[].* citations[].*") for name in APIFY_ANSWERS
        ),
        "the rest of the item": "*.**",
    },
}
